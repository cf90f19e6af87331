import { need } from '../services/debian.js';

const python = '/usr/lib/python3/dist-packages';

/** What must be there, and Debian's package of it; libraries are known by a file of theirs. */
const packages = {
  'keystone-manage': 'keystone',
  uwsgi: 'uwsgi-core',
  '/usr/lib/uwsgi/plugins/python3_plugin.so': 'uwsgi-plugin-python3',
  [`${python}/psycopg2/__init__.py`]: 'python3-psycopg2',
  openstack: 'python3-openstackclient',
  glance: 'python3-glanceclient',
  [`${python}/openstack/__init__.py`]: 'python3-openstacksdk',
  tempest: 'tempest',
  stestr: 'python3-stestr',
  [`${python}/subunit/__init__.py`]: 'python3-subunit',
};

/** OpenStack's own programs, installed where that is possible. */
export function needOpenStack(): void {
  for (const program of Object.keys(packages)) need(program, Object.values(packages), 'PATH so that it is found');
}
