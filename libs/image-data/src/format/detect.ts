/** What the first bytes of an image say that it is; raw when nothing matches. */
export type DiskFormatFound = 'raw' | 'qcow2' | 'vmdk' | 'vdi' | 'vhd' | 'vhdx' | 'iso' | 'luks' | 'qed';
