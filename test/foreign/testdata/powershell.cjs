// SPDX-License-Identifier: Apache-2.0
// powershell.cjs FILE…: parse PowerShell files with the grammar in the current directory's node_modules. One line for each
// place that is no PowerShell; the exit code is 1 when there is any.
const fs = require('fs');
const { createRequire } = require('module');
const path = require('path');

const here = createRequire(path.resolve('powershell.cjs'));
const { Parser, Language } = here('web-tree-sitter');

function complain(file, node) {
  if (node.isError || node.isMissing) {
    const where = `${file}:${node.startPosition.row + 1}:${node.startPosition.column + 1}`;
    console.log(`${where}: ${node.isMissing ? `no ${node.type}` : 'no PowerShell'}: ${node.text.slice(0, 80)}`);
    process.exitCode = 1;
  }
  node.children.filter((child) => child.hasError || child.isMissing).forEach((child) => complain(file, child));
}

async function main() {
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(path.resolve('node_modules/tree-sitter-powershell/tree-sitter-powershell.wasm')));
  for (const file of process.argv.slice(2)) {
    const text = fs.readFileSync(file, 'utf8').replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
    complain(file, parser.parse(text).rootNode);
  }
}

main();
