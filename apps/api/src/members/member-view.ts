import { imageTime } from '#catalog';
import type { Member } from '#domain';

/** A member as the Image API shows it. */
export interface MemberView {
  readonly member_id: string;
  readonly image_id: string;
  readonly status: Member['status'];
  readonly created_at: string;
  readonly updated_at: string;
  readonly schema: '/v2/schemas/member';
}

export function memberView(imageId: string, member: string, { status, createdAt, updatedAt }: Member): MemberView {
  return {
    member_id: member,
    image_id: imageId,
    status,
    created_at: imageTime(createdAt),
    updated_at: imageTime(updatedAt),
    schema: '/v2/schemas/member',
  };
}
