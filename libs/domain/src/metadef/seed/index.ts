import { cpuSeeds } from './cpu.js';
import { deviceSeeds } from './devices.js';
import { flavorSeeds } from './flavor.js';
import { guestSeeds } from './guest.js';
import { hypervisorSeeds } from './hypervisor.js';
import { memorySeeds } from './memory.js';
import { securitySeeds } from './security.js';
import type { NamespaceSeed } from './seed.js';
import { volumeSeeds } from './volume.js';

/** Definitions of the properties that Nova and Cinder read of images, volumes and flavors. */
export const namespaceSeeds: readonly NamespaceSeed[] = [
  ...cpuSeeds,
  ...memorySeeds,
  ...deviceSeeds,
  ...hypervisorSeeds,
  ...securitySeeds,
  ...guestSeeds,
  ...flavorSeeds,
  ...volumeSeeds,
];
