// Loaded before a manager's own code: makes its process larger by BENCH_BALLAST megabytes, all of them touched.
const megabytes = Number(process.env['BENCH_BALLAST'] ?? 0)
const held = Array.from({ length: megabytes / 50 }, () => Buffer.alloc(50 * 2 ** 20, 1))
process.on('exit', () => { held.length = 0 })
