// Plain JavaScript on purpose: it must run on the Node versions it refuses.
const wanted = [24, 15]
const parts = process.versions.node.split('.').map(Number)
if (parts[0] < wanted[0] || (parts[0] === wanted[0] && parts[1] < wanted[1])) {
  process.stderr.write(
    'This needs Node ' +
      wanted.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      ' at ' +
      process.execPath +
      '.\n' +
      'On Linux x64 `npm ci` brings its own, used by `npm run …`. Elsewhere install Node 24 from https://nodejs.org and try again.\n',
  )
  process.exit(1)
}
