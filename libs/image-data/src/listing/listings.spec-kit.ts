/** Listings in the shape in which they are published; what they say is made up. */

export const hex = (digit: string, digits: number) => digit.repeat(digits);

/** As cloud-images.ubuntu.com/releases/streams/v1/index.json */
export const ubuntuIndex = {
  format: 'index:1.0',
  index: {
    'com.ubuntu.cloud:released:aws': {
      ...{ clouds: [{ endpoint: 'https://ec2.us-east-1.amazonaws.com', region: 'us-east-1' }], cloudname: 'aws' },
      ...{ datatype: 'image-ids', format: 'products:1.0', path: 'streams/v1/com.ubuntu.cloud:released:aws.json' },
      products: ['com.ubuntu.cloud:server:24.04:amd64'],
    },
    'com.ubuntu.cloud:released:download': {
      ...{ datatype: 'image-downloads', format: 'products:1.0', updated: 'Tue, 02 Sep 2025 08:11:42 +0000' },
      path: 'streams/v1/com.ubuntu.cloud:released:download.json',
      products: ['com.ubuntu.cloud:server:22.04:amd64', 'com.ubuntu.cloud:server:24.04:amd64'],
    },
  },
  updated: 'Tue, 02 Sep 2025 08:11:42 +0000',
};

const ubuntuItems = (release: string, number: string, arch: string, serial: string) => {
  const directory = `server/releases/${release}/release-${serial}`;
  const file = `ubuntu-${number}-server-cloudimg-${arch}`;
  const item = (ftype: string, extension: string, digit: string) => ({
    ...{
      ftype,
      md5: hex(digit, 32),
      path: `${directory}/${file}${extension}`,
      sha256: hex(digit, 64),
      size: 600_000_000,
    },
  });
  return {
    'disk1.img': item('disk1.img', '.img', serial.endsWith('9') ? '9' : '1'),
    manifest: item('manifest', '.manifest', '2'),
    ova: item('ova', '.ova', '3'),
    'root.tar.xz': item('root.tar.xz', '-root.tar.xz', '4'),
    squashfs: item('squashfs', '.squashfs', '5'),
    'vhd.tar.gz': item('vhd.tar.gz', '-azure.vhd.tar.gz', '6'),
    vmdk: item('vmdk', '.vmdk', '7'),
  };
};

const ubuntuVersion = (release: string, number: string, arch: string, serial: string) => ({
  items: ubuntuItems(release, number, arch, serial),
  ...{ label: 'release', pubname: `ubuntu-${release}-${number}-${arch}-server-${serial}` },
});

const ubuntuProduct = (release: string, number: string, title: string, arch: string, serials: readonly string[]) => ({
  ...{ aliases: `${number},${release[0]!},${release}`, arch, os: 'ubuntu', release, release_codename: title },
  ...{ release_title: `${number} LTS`, support_eol: '2029-05-31', supported: true, version: number },
  versions: Object.fromEntries(serials.map((serial) => [serial, ubuntuVersion(release, number, arch, serial)])),
});

/** As cloud-images.ubuntu.com/releases/streams/v1/com.ubuntu.cloud:released:download.json */
export const ubuntuProducts = {
  ...{ content_id: 'com.ubuntu.cloud:released:download', datatype: 'image-downloads', format: 'products:1.0' },
  license: 'http://www.canonical.com/intellectual-property-policy',
  products: {
    'com.ubuntu.cloud:server:22.04:amd64': ubuntuProduct('jammy', '22.04', 'Jammy Jellyfish', 'amd64', ['20250801']),
    'com.ubuntu.cloud:server:24.04:amd64': ubuntuProduct('noble', '24.04', 'Noble Numbat', 'amd64', [
      ...['20250805', '20250829', '20250829.10', '20250829.9'],
    ]),
    'com.ubuntu.cloud:server:24.04:arm64': ubuntuProduct('noble', '24.04', 'Noble Numbat', 'arm64', ['20250829']),
  },
  updated: 'Tue, 02 Sep 2025 08:11:42 +0000',
};

/** As download.cirros-cloud.net/streams/v1/net.cirros-cloud:released:download.json, less what a mirror may leave out: pubname, sha256 */
export const cirrosProducts = {
  ...{ content_id: 'net.cirros-cloud:released:download', datatype: 'image-downloads', format: 'products:1.0' },
  products: {
    'net.cirros-cloud:standard:0.6:x86_64': {
      ...{ arch: 'x86_64', os: 'cirros', release: '0.6', stream: 'released' },
      versions: {
        '20230701': {
          version: '0.6.2',
          items: {
            'disk.img': {
              ...{ ftype: 'disk.img', path: '0.6.2/cirros-0.6.2-x86_64-disk.img', md5: hex('a', 32), size: 21_430_272 },
            },
            'lxc.tar.xz': { ftype: 'lxc.tar.xz', path: '0.6.2/cirros-0.6.2-x86_64-lxc.tar.xz', md5: hex('b', 32) },
          },
        },
      },
    },
  },
};

const sums = (digits: number, between: string, files: readonly (readonly [string, string])[]) =>
  files.map(([digit, file]) => `${hex(digit, digits)}${between}${file}\n`).join('');

/** As cloud.debian.org/images/cloud/trixie/latest/SHA512SUMS */
export const debianSums = sums(128, '  ', [
  ['1', 'debian-13-generic-amd64.json'],
  ['2', 'debian-13-generic-amd64.qcow2'],
  ['3', 'debian-13-generic-amd64.raw'],
  ['4', 'debian-13-generic-amd64.tar.xz'],
  ['5', 'debian-13-generic-arm64.qcow2'],
]);

/** As download.fedoraproject.org/…/Fedora-Cloud-42-1.1-x86_64-CHECKSUM */
export const fedoraChecksum = `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

# Fedora-Cloud-Base-Generic-42-1.1.x86_64.qcow2: 531170304 bytes
SHA256 (Fedora-Cloud-Base-Generic-42-1.1.x86_64.qcow2) = ${hex('e', 64)}
# Fedora-Cloud-Base-UEFI-UKI-42-1.1.x86_64.qcow2: 556072960 bytes
SHA256 (Fedora-Cloud-Base-UEFI-UKI-42-1.1.x86_64.qcow2) = ${hex('f', 64)}
# Fedora-Cloud-Base-GCE-42-1.1.x86_64.tar.gz: 489365376 bytes
SHA256 (Fedora-Cloud-Base-GCE-42-1.1.x86_64.tar.gz) = ${hex('0', 64)}
-----BEGIN PGP SIGNATURE-----

iQIzBAEBCAAdFiEEsPQrMewvVqtTpUYSyKw7EBBUdpEFAmgA
=abcd
-----END PGP SIGNATURE-----
`;

/** As a directory of AlmaLinux, in which builds are kept */
export const buildsSums = sums(64, ' *./', [
  ['1', 'AlmaLinux-9-GenericCloud-9.5-20241120.x86_64.qcow2'],
  ['2', 'AlmaLinux-9-GenericCloud-9.6-20250522.x86_64.qcow2'],
  ['3', 'AlmaLinux-9-GenericCloud-9.6-20250601.2.x86_64.qcow2'],
  ['4', 'AlmaLinux-9-GenericCloud-9.6-20250601.10.x86_64.qcow2'],
  ['5', 'AlmaLinux-9-GenericCloud-latest.x86_64.qcow2'],
  ['6', 'AlmaLinux-9-GenericCloud-9.6-20250522.aarch64.qcow2'],
]);

/** An image as GET /v2/images lists it. */
export const listedImage = (id: string, more: object = {}) => ({
  ...{
    id,
    name: `image ${id.slice(0, 4)}`,
    status: 'active',
    visibility: 'public',
    protected: false,
    os_hidden: false,
  },
  ...{ disk_format: 'qcow2', container_format: 'bare', size: 1000, virtual_size: null, min_disk: 2, min_ram: 512 },
  ...{ checksum: hex('c', 32), os_hash_algo: 'sha512', os_hash_value: hex('d', 128), owner: 'somebody', tags: ['a'] },
  ...{ created_at: '2025-01-01T00:00:00Z', updated_at: '2025-01-01T00:00:00Z', schema: '/v2/schemas/image' },
  ...{ self: `/v2/images/${id}`, file: `/v2/images/${id}/file`, hw_disk_bus: 'virtio', architecture: 'x86_64' },
  ...{ kernel_id: '11111111-1111-4111-8111-111111111111' },
  ...more,
});
