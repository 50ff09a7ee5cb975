/** One Chromium for all of them, as in `walkthroughs.test.ts`. */
import './beside-django.js'
import './engines.js'
import './page-count.js'
import './panel.js'
import './production.js'
import './signed-cookies.js'
import './site-pages.js'
