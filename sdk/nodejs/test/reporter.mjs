// Shows what failed, and closes with the counts.
export default async function* report(source) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of source) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
    // Files and suites are counted by the tests in them.
    if (type === 'test:fail' && data.details.type !== 'suite') {
      ++failed;
      const error = data.details.error;
      yield `not ok: ${data.name} (${data.file ?? ''}:${data.line ?? ''})\n${error?.cause?.stack ?? error?.stack ?? error}\n`;
    }
    if (type === 'test:pass' && data.details.type !== 'suite' && !data.name.endsWith('.test.mjs')) ++passed;
  }
  yield `${passed} passed, ${failed} failed\n`;
}
