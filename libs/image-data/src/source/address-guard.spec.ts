import { describe, expect, it } from '@jest/globals';
import {
  assertDownloadable,
  assertPublic,
  ForbiddenSource,
  parseSource,
  resolvePublic,
  type DownloadRules,
} from './address-guard.js';

const anyPublic: DownloadRules = { allowedHosts: [], allowedPorts: [80, 443], allowPrivate: false };
const anyAddress: DownloadRules = { ...anyPublic, allowPrivate: true };

describe('the URL of a source', () => {
  it.each([
    'http://images.example.org/a.img',
    'HTTPS://Images.Example.org/a.img?x=1#y',
    'http://images.example.org:80/',
    'https://images.example.org:443/',
    'http://8.8.8.8/a.img',
    'http://8.8.8.8:80',
    'http://8.8.8.8?x',
    'https://[2001:4860:4860::8888]/',
    'https://[2001:4860:4860:0:0:0:0:8888]:443/',
  ])('may be %s', (uri) => {
    expect(parseSource(uri, anyPublic).href).toBe(new URL(uri).href);
  });

  it.each(['', 'a.img', '//images.example.org/a.img', 'http://', 'http://[', 'http://a b/', 'http://1.2.3.4.5/'])(
    'is not %j',
    (uri) => {
      expect(() => parseSource(uri, anyAddress)).toThrow(new ForbiddenSource('The uri is not a URL.'));
    },
  );

  it.each([
    'file:///etc/passwd',
    'ftp://images.example.org/a.img',
    'filesystem:/a.img',
    'swift+config://ref/a/b',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'data:application/octet-stream;base64,AAAA',
    'ws://images.example.org/',
  ])('has no other scheme: %s', (uri) => {
    expect(() => parseSource(uri, anyAddress)).toThrow(/^Scheme \S+: is not allowed: use http or https\.$/);
  });

  it.each([
    ['http://images.example.org:8080/', 8080],
    ['http://images.example.org:22/', 22],
    ['https://images.example.org:0/', 0],
    ['https://images.example.org:65535/', 65535],
  ])('has no port that is not allowed: %s', (uri, port) => {
    expect(() => parseSource(uri, anyAddress)).toThrow(`Port ${port} is not allowed.`);
    expect(parseSource(uri, { ...anyAddress, allowedPorts: [port] }).port).toBe(String(port));
  });

  it("has the scheme's own port only if that is allowed", () => {
    const rules = { ...anyAddress, allowedPorts: [443] };
    expect(parseSource('https://images.example.org/', rules).port).toBe('');
    expect(() => parseSource('http://images.example.org/', rules)).toThrow('Port 80 is not allowed.');
    expect(parseSource('http://images.example.org:443/', rules).port).toBe('443');
  });

  it.each([
    'http://alice:open-sesame@images.example.org/',
    'http://open-sesame@images.example.org/',
    'https://:open-sesame@8.8.8.8/',
    'https://:open-sesame@images.example.org/',
    'http://open-sesame:x@127.0.0.1/',
    'http://alice:open-sesame@0x7f.1/',
    'ftp://alice:open-sesame@images.example.org/',
    'http://alice:open-sesame@[/',
    'http://alice:open-sesame@images.example.org:22/',
  ])('with a credential is refused without repeating it: %s', (uri) => {
    for (const rules of [anyPublic, anyAddress]) {
      expect(() => parseSource(uri, rules)).toThrow(ForbiddenSource);
      expect(() => parseSource(uri, rules)).not.toThrow(/open-sesame|alice/);
    }
  });

  it('names an allowed host when those are listed, in any case of letters', () => {
    const rules = { ...anyPublic, allowedHosts: ['Images.Example.org', '8.8.8.8'] };
    expect(parseSource('http://IMAGES.example.ORG/', rules).hostname).toBe('images.example.org');
    expect(parseSource('http://8.8.8.8/', rules).hostname).toBe('8.8.8.8');
    for (const host of ['example.org', 'a.images.example.org', 'images.example.org.evil.net', '8.8.4.4']) {
      expect(() => parseSource(`http://${host}/`, rules)).toThrow(`Host ${host} is not one of those that are allowed.`);
    }
    // Being listed does not make an address public.
    expect(() => parseSource('http://10.0.0.1/', { ...rules, allowedHosts: ['10.0.0.1'] })).toThrow('is not public');
  });
});

describe('an address is written in full, even one that would be allowed', () => {
  const spellings = [
    'http://2130706433/',
    'http://134744072/',
    'http://0x8080808/',
    'http://0x08.0x08.0x08.0x08/',
    'http://010.010.010.010/',
    'http://01002004010/',
    'http://8.8.2056/',
    'http://8.526344/',
    'http://127.1/',
    'http://0/',
    'http://0x7f.1:80/',
    'http://8.8.8.8./',
    'http://８.8.8.8/',
    'http://%38.8.8.8/',
    'http:\\\\134744072/',
    // The full spelling elsewhere does not help.
    'http://134744072/8.8.8.8',
    'http://134744072/?8.8.8.8',
    'http://134744072/#//8.8.8.8/',
  ];
  const reason = 'An address must be written in full, not as a number or in short.';

  it.each([...spellings, 'http:134744072/'])('%s', (uri) => {
    expect(() => parseSource(uri, anyAddress)).toThrow(reason);
  });

  it.each([...spellings, '//134744072/', '//8.526344/a.img'])('and so where a page redirects to: %s', (uri) => {
    const from = new URL('http://images.example.org/');
    expect(() => parseSource(uri, anyAddress, from)).toThrow(reason);
  });

  it('but a page at an address may redirect within it', () => {
    const from = new URL('http://8.8.8.8/a/b');
    for (const uri of ['c', '/c', '?c', '//8.8.8.8/c', 'http:c']) {
      expect(parseSource(uri, anyPublic, from).hostname).toBe('8.8.8.8');
    }
  });
});

describe('an address that is not of the public internet', () => {
  const private4 = [
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'carrierGradeNat'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'linkLocal'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.2.1', 'reserved'],
    ['192.168.1.1', 'private'],
    ['198.18.0.1', 'reserved'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
  ] as const;
  const private6 = [
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fe80::1', 'linkLocal'],
    ['febf::1', 'linkLocal'],
    ['fc00::1', 'uniqueLocal'],
    ['fd12:3456::1', 'uniqueLocal'],
    ['fec0::1', 'deprecatedSiteLocal'],
    ['ff02::1', 'multicast'],
    ['2001:db8::1', 'reserved'],
    // An IPv4 address in an IPv6 one: mapped, translated, tunnelled, "compatible"
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:a00:1', 'private'],
    ['::ffff:a9fe:a9fe', 'linkLocal'],
    ['64:ff9b::7f00:1', 'rfc6052'],
    ['2002:7f00:1::', '6to4'],
    ['::7f00:1', 'unallocated'],
    ['4000::1', 'unallocated'],
  ] as const;

  it.each(private4)('%s is refused: %s', async (address, range) => {
    const refusal = `Address ${address} is not public (${range}).`;
    expect(() => parseSource(`http://${address}/`, anyPublic)).toThrow(refusal);
    await expect(resolvePublic(address, anyPublic)).rejects.toThrow(refusal);
    expect(parseSource(`http://${address}/`, anyAddress).hostname).toBe(address);
  });

  it.each(private6)('%s is refused: %s', async (address, range) => {
    const refusal = `Address ${address} is not public (${range}).`;
    expect(() => parseSource(`http://[${address}]/`, anyPublic)).toThrow(refusal);
    await expect(resolvePublic(address, anyPublic)).rejects.toThrow(refusal);
    expect(parseSource(`http://[${address}]/`, anyAddress).hostname).toBe(`[${address}]`);
  });

  it('is refused in every spelling of IPv6, and in the one with a zone that a resolver gives', () => {
    for (const host of ['0:0:0:0:0:0:0:1', '0000::0001', '::FFFF:127.0.0.1', '::ffff:127.0.0.1', '::127.0.0.1']) {
      expect(() => parseSource(`http://[${host}]/`, anyPublic)).toThrow('is not public');
    }
    expect(() => assertPublic('fe80::1%eth0', anyPublic)).toThrow('is not public');
  });

  it.each(['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '100.128.0.1', '::ffff:808:808', '2606:4700::1111'])(
    '%s is public',
    async (address) => {
      const family = address.includes(':') ? 6 : 4;
      expect(await resolvePublic(address, anyPublic)).toEqual([{ address, family }]);
    },
  );
});

describe('a name', () => {
  it('that does not resolve is refused by name', async () => {
    await expect(assertDownloadable('http://no-such-host.invalid/a.img', anyAddress)).rejects.toThrow(
      /^The name no-such-host\.invalid does not resolve \(E\w+\)\.$/,
    );
  });

  it('that resolves to a private address is refused, unless those are allowed', async () => {
    await expect(assertDownloadable('http://localhost/a.img', anyPublic)).rejects.toThrow(
      /^Address (127\.0\.0\.1|::1) is not public \(loopback\)\.$/,
    );
    await assertDownloadable('http://localhost/a.img', anyAddress);
    const addresses = await resolvePublic('localhost', anyAddress);
    expect(addresses.length).toBeGreaterThan(0);
    for (const { address } of addresses) expect(['127.0.0.1', '::1']).toContain(address);
  });

  it('is not even looked up for a URL that is refused anyway', async () => {
    await expect(assertDownloadable('ftp://no-such-host.invalid/', anyAddress)).rejects.toThrow('Scheme ftp:');
    await expect(assertDownloadable('http://no-such-host.invalid:22/', anyAddress)).rejects.toThrow('Port 22');
  });
});
