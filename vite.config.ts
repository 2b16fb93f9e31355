/** Builds the page into the package: three files with fixed names, no source of anybody else's but Preact's. */
import { resolve } from 'node:path'
import { defineConfig } from 'vite'

export default defineConfig({
  root: resolve(import.meta.dirname, 'src/inspector/page'),
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: resolve(import.meta.dirname, 'dist/src/inspector/assets'),
    emptyOutDir: true,
    target: 'es2024',
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        entryFileNames: 'inspector.js',
        chunkFileNames: 'inspector-[name].js',
        assetFileNames: 'inspector.[ext]',
      },
    },
  },
})
