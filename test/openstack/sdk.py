"""openstacksdk's image calls as programs use them; prints what they saw as JSON.

Arguments: a URL to import from, a file to upload, the id of another project.
"""
import json
import sys
import time

import openstack

url, path, project = sys.argv[1:]
cloud = openstack.connect()
proxy = cloud.image
raw = {'disk_format': 'raw', 'container_format': 'bare'}
seen = {}


def until_active(image):
    for _ in range(300):
        if proxy.get_image(image.id).status == 'active':
            return image.id
        time.sleep(0.2)
    raise SystemExit(f'{image.id} did not become active')


# The cloud layer: what Ansible and most scripts call.
checked = {'filename': path, 'validate_checksum': True, 'wait': True, 'timeout': 60, **raw}
image = cloud.create_image('sdk-file', tags=['blue'], color='red', min_ram=32, **checked)
seen['created'] = image.id
seen['not uploaded twice'] = cloud.create_image('sdk-file', **checked).id == image.id
seen['found'] = [cloud.get_image(key).id == image.id for key in ('sdk-file', image.id)]
seen['unknown'] = cloud.get_image('nowhere')
cloud.update_image_properties(image=proxy.get_image(image.id), color='green')

# The proxy: a method a call.
proxy.update_image(image.id, name='renamed', min_disk=1)
with open(path, 'rb') as file, open('sdk.copy', 'wb') as copy:
    data = file.read()
    seen['downloaded'] = proxy.download_image(image.id).content == data
    proxy.download_image(image.id, stream=True, output=copy)
with open('sdk.copy', 'rb') as copy:
    seen['streamed'] = copy.read() == data

image = proxy.get_image(image.id)
proxy.add_tag(image, 'green')
proxy.remove_tag(image, 'blue')

proxy.add_member(image, member_id=project)
seen['members'] = [[one.member_id, one.status] for one in proxy.members(image)]
proxy.remove_member(project, image=image)
seen['members left'] = len(list(proxy.members(image)))

proxy.deactivate_image(image)
seen['deactivated'] = proxy.get_image(image.id).status
proxy.reactivate_image(image)

seen['staged'] = until_active(proxy.create_image('sdk-staged', data=data, use_import=True, **raw))
empty = proxy._create(openstack.image.v2.image.Image, name='sdk-imported', **raw)
proxy.import_image(empty, method='web-download', uri=url)
seen['imported'] = until_active(empty)

seen['stores'] = [store.id for store in proxy.stores()]
seen['schema'] = proxy.get_image_schema().name
seen['one a page'] = sum(one.name.startswith('sdk-') for one in proxy.images(limit=1))
gone = cloud.create_image('sdk-gone', data=b'x', **raw)
seen['deleted'] = [cloud.delete_image('sdk-gone', wait=True), cloud.delete_image('sdk-gone')]
json.dump(seen, sys.stdout)
