import { Logger } from '@nestjs/common';
import { writeJson, type PlainObject } from '../../../contract/json/writer';
import { EXIT, messageOf, UsageError } from '../../../command-line';
import { rowId } from '../../../settings/option-values';
import { isResource, RESOURCES, rowCount, type Resource } from '../../traffic/resource';
import type { Side } from '../../sides/side';
import { sideAt } from '../../sides/side-list';
import { targetUrl } from '../target';
import type { ImportOptions } from './import.command';
import { GatewayCopy } from './gateway-copy';
import { demandConsent, terminal } from './consent';
import { FileSource } from './file-source';
import { importLists, RowsRefusedError, type ImportReport } from './import';
import type { ListSource } from './list-source';
import { probeNextCollectionId } from './probe';
import type { Removal } from './removal';
import { ServerSource } from './server-source';
import { TargetDatabase } from './target-database';
import { parseMappings } from '../value-mappings';
import { ValueMap } from './value-map';

/**
 * Runs the verb `import` and prints what was done.
 *
 * @throws UsageError, CutoverError and its kinds
 */
export async function runImport(options: ImportOptions): Promise<void> {
  // Standard output belongs to the result.
  Logger.overrideLogger(false);
  demandSource(options);
  const map = new ValueMap(parseMappings(options.map));
  const nextIds = nextIdsOf(options);
  const target = await TargetDatabase.open(targetUrl());
  let copy: GatewayCopy | undefined;
  let side: Side<string> | undefined;
  try {
    // From here on writes are held back.
    copy = options.gateway === undefined ? undefined : await GatewayCopy.begin(options, say);
    const from = copy?.blue ?? options.from;
    side = from && sideAt(from, options.timeout);
    const sources = sourcesOf(options, side);
    const asked = options.probe ? probeOf(sources, nextIds, side) : undefined;
    const known = copy?.nextCollectionId;
    // What the gateway knows nobody need ask for, which would burn an id.
    const probe = known === undefined ? asked : () => Promise.resolve(known);
    const { replace = false, yes = false, withoutUnreadable = false } = options;
    const onRemoval = (found: readonly Removal[]) => demandConsent(found, { yes, ask: terminal(), say });
    const onPlanned = copy?.release.bind(copy);
    const request = { target, sources, map, nextIds, probe, replace, onRemoval, withoutUnreadable, say };
    const report = await importLists({ ...request, ...(onPlanned && { onPlanned }) });
    await copy?.end(report.lists);
    process.stdout.write(options.json ? `${writeJson(jsonOf(report))}\n` : textOf(report));
  } catch (error) {
    if (!(error instanceof RowsRefusedError) || !options.json) throw error;
    const { rows, kinds, message } = error;
    process.stderr.write(`error: ${message}\n`);
    process.stdout.write(`${JSON.stringify({ outcome: 'refused', rows, kinds })}\n`);
    process.exitCode = EXIT.failed;
  } finally {
    side?.close();
    await copy?.abandon();
    await target.close();
  }
}

/** @throws UsageError unless the options name one kind of source */
function demandSource({ from, file, only, gateway }: ImportOptions): void {
  if (gateway !== undefined && (from !== undefined || file.length > 0 || only !== undefined)) {
    throw new UsageError('--gateway copies the whole of its blue side: leave --from, --file and --only out');
  }
  if (gateway === undefined && from === undefined && file.length === 0) {
    throw new UsageError('say where the data is: --from URL, --file FILE, or --gateway URL while traffic flows');
  }
  if (only !== undefined && !isResource(only)) throw new UsageError(`--only is one of ${RESOURCES.join(', ')}`);
}

/** Where each resource comes from: a file that was named for it, else the old API. @throws UsageError */
function sourcesOf({ file, only }: ImportOptions, side: Side<string> | undefined): Map<Resource, ListSource> {
  const files = new Map<Resource, ListSource>();
  for (const [resource, name] of file.map(named)) {
    if (files.has(resource)) throw new UsageError(`there are two files of ${resource}`);
    files.set(resource, new FileSource(name));
  }
  const sources = new Map<Resource, ListSource>();
  for (const resource of RESOURCES.filter((name) => only === undefined || only === name)) {
    const source = files.get(resource) ?? (side && new ServerSource(side));
    if (source !== undefined) sources.set(resource, source);
  }
  if (sources.size === 0) throw new UsageError(`no file was given for ${only ?? ''}: add --file ${only ?? ''}=FILE`);
  return sources;
}

/** `resource=value`, or a value of collections. */
function named(text: string): [resource: Resource, value: string] {
  const resource = RESOURCES.find((name) => text.startsWith(`${name}=`));
  return resource === undefined ? ['collections', text] : [resource, text.slice(resource.length + 1)];
}

function nextIdsOf({ nextId: given }: ImportOptions): Map<Resource, bigint> {
  const ids = new Map<Resource, bigint>();
  for (const [resource, value] of given.map(named)) {
    if (ids.has(resource)) throw new UsageError(`there are two next ids of ${resource}`);
    ids.set(resource, nextId(value));
  }
  return ids;
}

function nextId(text: string): bigint {
  try {
    return rowId(text);
  } catch (error) {
    throw new UsageError(`--next-id ${messageOf(error)}`);
  }
}

function probeOf(
  sources: ReadonlyMap<Resource, ListSource>,
  nextIds: ReadonlyMap<Resource, bigint>,
  side: Side<string> | undefined,
): () => Promise<bigint> {
  if (side === undefined) throw new UsageError('--probe asks the old API: add --from URL');
  if (!sources.has('collections')) throw new UsageError('--probe is of collections, which are not imported');
  if (nextIds.has('collections')) throw new UsageError('give --next-id or --probe, not both');
  return async () => {
    const nextId = await probeNextCollectionId(side);
    say(`collections: the probe has burnt id ${nextId - 1n} of ${side.name}`);
    return nextId;
  };
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

function textOf({ outcome, lists, mapped }: ImportReport): string {
  const lines = lists.map(({ resource, summary: { rows, sha256 }, nextId, respelled, unreadable }) => {
    const spelled = respelled > 0 ? `, ${respelled} spelled otherwise by the new API` : '';
    const left = unreadable.length > 0 ? `, ${unreadable.length} left out` : '';
    return `${resource}: ${rowCount(rows)}${spelled}${left}, next id ${nextId}, SHA-256 ${sha256}: ${outcome}`;
  });
  for (const [rule, rows] of Object.entries(mapped)) lines.push(`--map ${rule}: ${rowCount(rows)}`);
  return `${lines.join('\n')}\n`;
}

/** Whole numbers as bigint, which is how the contract's JSON tells them from floats. */
function jsonOf({ outcome, lists, mapped }: ImportReport): PlainObject {
  const resources = lists.map(({ resource, summary: { rows, sha256 }, nextId, respelled, unreadable }) => {
    return [resource, { rows: BigInt(rows), sha256, nextId, respelled: BigInt(respelled), unreadable }] as const;
  });
  const rules = Object.entries(mapped).map(([rule, rows]) => [rule, BigInt(rows)] as const);
  // Bytes; the system counts kilobytes.
  const peakMemory = BigInt(process.resourceUsage().maxRSS) * 1024n;
  return { outcome, ...Object.fromEntries(resources), mapped: Object.fromEntries(rules), peakMemory };
}
