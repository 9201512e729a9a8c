import fc from 'fast-check'

const RANDOM = 'random'
const DEFAULT_SEED = 20_261_122

/**
 * The properties' generator. A run is the same as the last one unless PROPERTY_SEED names another seed, or is `random`: a gate
 * that is red by chance is not believed, and a search for new counterexamples is worth a run of its own.
 */
const wanted = process.env['PROPERTY_SEED']
if (wanted !== RANDOM) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: wanted === undefined ? DEFAULT_SEED : Number(wanted) })

export { fc }
