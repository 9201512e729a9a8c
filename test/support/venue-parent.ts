import { VenueServer, type VenueServerOptions } from './loopback-venue/venue-server.ts'

// Entry of the venue's own process: its options as JSON in the first argument, one line with its ports when it listens.
const options = JSON.parse(process.argv[2] ?? '{}') as VenueServerOptions
const ports = await new VenueServer(options).start()
process.stdout.write(`${JSON.stringify({ event: 'listening', ...ports })}\n`)
