// SPDX-License-Identifier: Apache-2.0
// powershell-calls.cjs FILE…: what PowerShell files call, by the grammar in the current directory's node_modules. Prints
// "call NAME -PARAMETER…" for each command (functions of the files themselves are left out) and "unset FILE:LINE NAME" for each
// variable that the file sets nowhere, which strict mode ends a script for.
const fs = require('fs');
const { createRequire } = require('module');
const path = require('path');

const here = createRequire(path.resolve('powershell-calls.cjs'));
const { Parser, Language } = here('web-tree-sitter');

// What PowerShell itself sets.
const automatic = ['_', 'true', 'false', 'null', 'psscriptroot', 'pscmdlet', 'matches', 'host', 'executioncontext', 'erroractionpreference'];
const nested = ['script_block', 'sub_expression', 'parenthesized_expression', 'array_expression', 'hash_literal_expression'];

function visit(node, seen) {
  seen(node);
  node.children.forEach((child) => visit(child, seen));
}

function parameters(node) {
  if (node.type === 'command_parameter') return [node.text.replace(/:$/, '')];
  return nested.some((type) => node.type.startsWith(type)) ? [] : node.children.flatMap(parameters);
}

const nameOf = (variable) => variable.text.replace(/^[$@]\{?|\}$/g, '').toLowerCase();

function study(file, root) {
  const found = { functions: [], calls: [], unset: [] };
  const set = new Set(automatic);
  visit(root, (node) => {
    const within = (type) => node.parent && node.parent.type === type;
    if (node.type === 'function_name') found.functions.push(node.text);
    if (node.type === 'command' && node.childForFieldName('command_name')) {
      const name = node.childForFieldName('command_name').text;
      if (/^[A-Za-z-]+$/.test(name)) found.calls.push({ name, parameters: node.children.flatMap(parameters) });
      const bound = /-BindingVariable '(\w+)'/.exec(node.text);
      if (bound) set.add(bound[1].toLowerCase());
    }
    if (node.type === 'left_assignment_expression') visit(node, (inner) => inner.type === 'variable' && set.add(nameOf(inner)));
    if (node.type === 'variable' && (within('script_parameter') || within('foreach_statement'))) set.add(nameOf(node));
  });
  visit(root, (node) => {
    if (node.type === 'variable' && !set.has(nameOf(node))) {
      found.unset.push(`unset ${path.basename(file)}:${node.startPosition.row + 1} ${nameOf(node)}`);
    }
  });
  return found;
}

async function main() {
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(path.resolve('node_modules/tree-sitter-powershell/tree-sitter-powershell.wasm')));
  const studies = process.argv.slice(2).map((file) => study(file, parser.parse(fs.readFileSync(file, 'utf8').replace(/^\ufeff/, '')).rootNode));
  const own = new Set(studies.flatMap((s) => s.functions));
  const calls = new Map();
  for (const { name, parameters: given } of studies.flatMap((s) => s.calls).filter((call) => !own.has(call.name))) {
    calls.set(name, new Set([...(calls.get(name) || []), ...given]));
  }
  for (const name of [...calls.keys()].sort()) console.log(['call', name, ...[...calls.get(name)].sort()].join(' '));
  studies.flatMap((s) => s.unset).forEach((line) => console.log(line));
}

main();
