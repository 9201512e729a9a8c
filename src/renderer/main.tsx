import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/layout.css'
import './styles/panels.css'
import './styles/safety.css'
import './styles/import.css'
import { startAppearance } from './app/appearance.ts'
import { App } from './app/app.tsx'
import { setUpLanguage } from './i18n/setup.ts'
import { useSettings } from './state/settings.ts'

startAppearance()
await setUpLanguage(useSettings.getState().language)
const root = document.querySelector('#root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
