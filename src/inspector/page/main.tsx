/** The page's beginning: draws it, and lets the store follow the daemon. */
import { render } from 'preact'
import { App } from './app.tsx'
import { store } from './store.ts'

const theme = localStorage.getItem('callboard-theme')
if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme

const page = document.querySelector('#page')
if (page !== null) render(<App />, page)
void store.run()
