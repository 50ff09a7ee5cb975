import { inBrowser } from './tour.js'

inBrowser(
  'Save on every request: each read moves the end, and with the setting off none does',
  async (tour) => {
    await tour.open('/sessions/save-every-request')
    await tour.reads('#none', /^There is no session now/)
    await tour.look('save-every-request-none')
    await tour.press('Begin a session of 30 seconds')
    tour.site.now += 5_000
    await tour.follow('Read again')
    await tour.reads('#moved', '5 seconds')
    await tour.look('save-every-request-on')
    await tour.follow('Off')
    await tour.press('Begin a session of 30 seconds')
    tour.site.now += 5_000
    await tour.follow('Read again')
    await tour.reads('#moved', 'nothing')
    await tour.look('save-every-request-off')
  },
)
