import { ListNamespacesHandler } from './list-namespaces.handler.js';
import { ListResourceTypesHandler } from './list-resource-types.handler.js';
import { NamespacesController } from './namespaces.controller.js';
import { ObjectsController } from './objects.controller.js';
import { PropertiesController } from './properties.controller.js';
import { ResourceTypesController } from './resource-types.controller.js';
import { RunMetadefCommandHandler } from './run-metadef-command.handler.js';
import { ShowNamespaceHandler } from './show-namespace.handler.js';
import { TagsController } from './tags.controller.js';

/** The catalogue of metadata definitions: `/v2/metadefs`. */
export const metadefs = {
  controllers: [NamespacesController, ObjectsController, PropertiesController, ResourceTypesController, TagsController],
  handlers: [ListNamespacesHandler, ListResourceTypesHandler, RunMetadefCommandHandler, ShowNamespaceHandler],
};
