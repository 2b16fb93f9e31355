/**
 * A chart for other programs. Its shape is Chart's, whose fields chart.ts explains, below a version: fields may be added
 * within one version; none is taken away or changes its meaning.
 */
import type { Chart } from '../../inspector/chart.ts'

export const chartVersion = 1

export interface ChartDocument extends Chart {
  readonly version: typeof chartVersion
}

export function documentOf(chart: Chart): ChartDocument {
  return { version: chartVersion, ...chart }
}
