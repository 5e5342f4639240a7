'use strict'
// The words an official configuration file is written with. Such files ask for `lib/SpawnerTypes` by a path of their own; wherever
// it points, they get this module.

exports.IPVersion = { Auto: 'auto', ForceIPv4: 'forceIPv4', ForceIPv6Disabled: 'forceIPv6Disabled' }

exports.LogTimeFormat = { ISO: 'iso', Local: 'local', Delta: 'delta' }

exports.LogLevel = { Error: 'error', Warn: 'warn', Info: 'info', Verbose: 'verbose', Debug: 'debug' }

/** Bits of a mask. */
exports.LogSpawnCategory = { None: 0, Error: 1, Warn: 2, Info: 4, Debug: 8, All: 255 }
