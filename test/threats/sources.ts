import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A regular expression as it stands in the code. */
export interface Regex {
  file: string;
  source: string;
  flags: string;
}

/** The TypeScript files below a folder, but for those of the tests. */
export function sourcesIn(root: string, folder: string): { file: string; code: string }[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => join(folder, name))
    .map((file) => ({ file, code: readFileSync(join(root, file), 'utf8') }));
}

/** Every regular expression literal of these files. */
export function regexesIn(root: string, folder: string): Regex[] {
  return sourcesIn(root, folder).flatMap(({ file, code }) => regexesOf(file, code));
}

/** Those of one file. */
export function regexesOf(file: string, code: string): Regex[] {
  const found: Regex[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      found.push({ file, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, code, ts.ScriptTarget.Latest));
  return found;
}
