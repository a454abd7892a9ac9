/**
 * The arrows of the house: what may import what. A feature imports only those named here, and nothing imports
 * in a circle. docs/architecture.md draws the same.
 */
const MAY_IMPORT = {
  common: [],
  config: ['common'],
  database: ['common', 'config'],
  redis: ['common', 'config'],
  limits: ['common', 'config', 'redis'],
  realtime: ['common', 'config', 'database', 'redis', 'limits'],
  operations: [],
  users: ['common', 'config', 'database', 'realtime'],
  auth: ['users'],
  presence: ['users'],
  conversations: ['users', 'presence'],
  friends: ['users', 'presence', 'conversations'],
  messages: ['users', 'conversations', 'friends'],
  inbox: ['users', 'presence', 'conversations', 'friends', 'messages'],
};
const GROUND = ['common', 'config', 'database', 'redis', 'limits', 'realtime'];

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { path: '^src', pathNot: '\\.spec\\.ts$' },
      to: { path: '^test|\\.spec\\.ts$' },
    },
    ...Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
      name: `arrows-of-${folder}`,
      comment: `src/${folder} may import only what MAY_IMPORT says`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: {
        path: '^src/[^/]+/',
        pathNot: `^src/(${[folder, ...allowed, ...(GROUND.includes(folder) ? [] : GROUND)].join('|')})/`,
      },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
