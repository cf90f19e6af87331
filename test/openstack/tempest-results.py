"""Reads a subunit stream and prints one JSON list: id, status and reason of every test."""
import json
import re
import sys

import subunit
import testtools

results = []


def one(test):
    if test['status'] in ('exists', 'inprogress') or test['id'] == 'stdout':
        return
    details = test['details']
    found = [details[name].as_text() for name in ('reason', 'traceback') if name in details]
    lines = [line.strip() for line in ''.join(found[:1]).splitlines() if line.strip()]
    results.append({'id': re.sub(r'\[.*', '', test['id']), 'status': test['status'], 'reason': lines[-1] if lines else ''})


stream = testtools.StreamToDict(one)
stream.startTestRun()
with open(sys.argv[1], 'rb') as file:
    subunit.ByteStreamToStreamResult(file, non_subunit_name='stdout').run(stream)
stream.stopTestRun()
json.dump(sorted(results, key=lambda result: result['id']), sys.stdout)
