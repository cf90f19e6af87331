import type { PropertyDefinition } from '../namespace.js';

type Properties = Readonly<Record<string, PropertyDefinition>>;

/** What a namespace of the starting set says, as a client would have sent it. */
export interface SeedBody {
  readonly namespace: string;
  readonly display_name: string;
  readonly description: string;
  readonly resource_type_associations: readonly {
    readonly name: string;
    readonly prefix?: string;
    readonly properties_target?: string;
  }[];
  readonly properties?: Properties;
  readonly objects?: readonly {
    readonly name: string;
    readonly description: string;
    readonly properties: Properties;
  }[];
}

/** A namespace that every installation starts with. Its id says for ever whether it was there once. */
export interface NamespaceSeed {
  readonly id: string;
  readonly given: SeedBody & { readonly owner: string; readonly visibility: 'public'; readonly protected: true };
}

export const seed = (id: string, body: SeedBody): NamespaceSeed => ({
  id,
  given: { ...body, owner: 'admin', visibility: 'public', protected: true },
});

const image = (prefix?: string) => ({ name: 'OS::Glance::Image', ...(prefix && { prefix }) });
/** Of a volume, those that it has from its image are what Nova reads. */
const volume = (prefix?: string) => ({
  name: 'OS::Cinder::Volume',
  ...(prefix && { prefix }),
  properties_target: 'image',
});
const flavor = (prefix?: string) => ({ name: 'OS::Nova::Flavor', ...(prefix && { prefix }) });

/** Where properties can be set, and with which prefix. */
export const on = {
  image,
  images: [image(), volume()],
  hardwareOfImages: [image('hw_'), volume('hw_')],
  hardware: [image('hw_'), volume('hw_'), flavor('hw:')],
  flavors: [flavor()],
  flavor,
};

type More = Omit<PropertyDefinition, 'type' | 'title' | 'description'>;

export const words = (title: string, description: string, more: More = {}): PropertyDefinition => ({
  type: 'string',
  title,
  description,
  ...more,
});

export const choice = (title: string, description: string, ...values: readonly string[]): PropertyDefinition =>
  words(title, description, { enum: values });

export const flag = (title: string, description: string): PropertyDefinition => ({
  type: 'boolean',
  title,
  description,
});

export const whole = (title: string, description: string, more: More = { minimum: 0 }): PropertyDefinition => ({
  type: 'integer',
  title,
  description,
  ...more,
});
