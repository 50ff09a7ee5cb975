/** Where the token travels, by Django's names. */
export const CSRF_COOKIE = 'csrftoken'
export const CSRF_FIELD = 'csrfmiddlewaretoken'
export const CSRF_HEADER = 'X-CSRFToken'
