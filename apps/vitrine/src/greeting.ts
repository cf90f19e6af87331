import { relative } from 'node:path';
import type { RunningIdentity } from './identity.js';

/** What a person who just started the service wants to know: where it is and what to try first. */
export function greeting(url: string, { builtin }: RunningIdentity): string {
  if (!builtin) return `Vitrine is ready at ${url}\n`;
  const clouds = relative(process.cwd(), builtin.cloudsPath);
  return `
Vitrine is ready at ${url}

  credentials  ${clouds}   (clouds admin, alice, rita, bob, glance)

Try, in another terminal:

  export OS_CLIENT_CONFIG_FILE=${clouds}
  openstack --os-cloud alice image create --file disk.qcow2 --disk-format qcow2 --container-format bare my-image
  openstack --os-cloud alice image list

`;
}
