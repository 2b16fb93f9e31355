#!/usr/bin/env node
/*
 * The program `callboard`. Plain JavaScript that an old Node can parse: it looks at the version before anything else is
 * loaded, so that an old Node says one sentence rather than a syntax error from deep inside. Then the build runs.
 */
var needed = [24, 15]
var found = process.versions.node.split('.').map(Number)

if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  refuse(
    'needs Node ' + needed.join('.') + ' or newer, and this is ' + process.version + ': install a newer Node',
  )
} else {
  start()
}

function start() {
  var built = new URL('../../dist/src/cli/main.js', import.meta.url)
  import('node:fs')
    .then(function (fs) {
      if (!fs.existsSync(built)) return refuse('is not built yet: run `npm run build` in its directory')
      return import(built.href).then(function (program) {
        return program.main(process.argv)
      })
    })
    .catch(function (error) {
      refuse('could not be loaded: ' + error.message)
    })
}

function refuse(sentence) {
  process.stderr.write('callboard: ' + sentence + '.\n')
  process.exitCode = 1
}
