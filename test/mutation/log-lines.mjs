import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** Leaves the wording of log lines alone: no promise is made about it. */
export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'log lines', {
    shouldIgnore: (path) =>
      isLogLine(path) || isNameOfWork(path) ? 'The wording of a log line.' : undefined,
  }),
];

/** `this.logger.warn(…)` */
function isLogLine({ node }) {
  return node.type === 'CallExpression' && node.callee.object?.property?.name === 'logger';
}

/** `inBackground(this.logger, 'What is done', …)` */
function isNameOfWork({ node, parent }) {
  return node.type === 'StringLiteral' && parent.callee?.name === 'inBackground';
}
