// The only script of this site: the panel stays as it was left, a prediction is judged once, the time that a session has
// left runs down, and one page shows what a script can read.

for (const details of document.querySelectorAll('details[data-remember]')) {
  const name = `tessera.${details.dataset.remember}`
  try {
    if (localStorage.getItem(name) === 'closed') details.open = false
    details.addEventListener('toggle', () => localStorage.setItem(name, details.open ? 'open' : 'closed'))
  } catch {
    // A browser that lets nobody store anything: the panel is open on each page.
  }
}

// Once a page has told what came of the prediction, it shows another moment when it is loaded again, which nobody
// predicted. A page that has not told it yet may do so then.
const address = new URL(location.href)
if (document.getElementById('predicted') && address.searchParams.has('prediction')) {
  address.searchParams.delete('prediction')
  history.replaceState(history.state, '', address)
}

const more = document.getElementById('inspector-more')
try {
  if (more) {
    more.checked = localStorage.getItem('tessera.more') === 'yes'
    more.addEventListener('change', () => localStorage.setItem('tessera.more', more.checked ? 'yes' : 'no'))
  }
} catch {
  // As above.
}

const units = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

function inWords(seconds) {
  if (seconds <= 0) return 'over'
  const [unit, size] = units.find(([, size]) => seconds >= size * 2) ?? units.at(-1)
  // Rounded: a second after a save for 14 days, 14 days are left.
  return `in ${new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(Math.round(seconds / size))}`
}

const countdowns = [...document.querySelectorAll('[data-until]')]

// Where a page says so, it is loaded again once the time is over, to show what the server makes of it. Only if it was
// seen to run down: with a clock that is fast the page would load for ever.
const running = new Set()

function tick() {
  for (const element of countdowns) {
    const left = Math.ceil((Number(element.dataset.until) - Date.now()) / 1000)
    element.textContent = inWords(left)
    element.classList.toggle('over', left <= 0)
    if (left > 0) running.add(element)
    else if (running.delete(element) && element.dataset.then === 'reload')
      setTimeout(() => location.reload(), 500)
  }
}

if (countdowns.length > 0) {
  tick()
  setInterval(tick, 1000)
}

// The lab about scripts: what any script in this page could send anywhere.
for (const element of document.querySelectorAll('[data-document-cookie]'))
  element.textContent = document.cookie === '' ? 'nothing' : document.cookie
