/** Widths of texts as this browser draws them, so that boxes fit what stands in them. */
import type { Font } from './layout/boxes.ts'

const families = {
  mono: 'ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  sans: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
}

const context = document.createElement('canvas').getContext('2d')
const known = new Map<string, number>()

export function measure(text: string, { size, mono, bold = false }: Font): number {
  const font = `${bold ? '600 ' : ''}${size}px ${mono ? families.mono : families.sans}`
  const key = `${font} ${text}`
  const earlier = known.get(key)
  if (earlier !== undefined) return earlier
  const width = measured(font, text) ?? text.length * size * (mono ? 0.61 : 0.58)
  known.set(key, width)
  return width
}

function measured(font: string, text: string): number | undefined {
  if (context === null) return undefined
  context.font = font
  return context.measureText(text).width
}
