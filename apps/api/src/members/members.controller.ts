import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { memberStatuses, parseMember } from '#domain';
import { CurrentCall, type Call } from '../http/caller.js';
import { badRequest } from '../http/fault.js';
import { imageIdOf } from '../images/image-id.js';
import { RunImageCommand } from '../images/run-image-command.handler.js';
import { ListMembers } from './list-members.handler.js';
import { memberView, type MemberView } from './member-view.js';

/** Projects that a shared image is shared with (Image API v2, "Sharing"). */
@Controller('/v2/images/:id/members')
export class MembersController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Get()
  async list(@CurrentCall() { actor }: Call, @Param('id') given: string): Promise<object> {
    const members = await this.queries.execute(new ListMembers(imageIdOf(given), actor));
    return { members, schema: '/v2/schemas/members' };
  }

  @Get(':member')
  async show(
    @CurrentCall() { actor }: Call,
    @Param('id') given: string,
    @Param('member') member: string,
  ): Promise<MemberView> {
    const [found] = await this.queries.execute(new ListMembers(imageIdOf(given), actor, member));
    return found!;
  }

  /** 200, not 201: clients check it. */
  @Post()
  @HttpCode(200)
  async add(@CurrentCall() call: Call, @Param('id') given: string, @Body() body: unknown): Promise<MemberView> {
    const member = parseMember(stringIn(body, 'member'));
    return this.run(imageIdOf(given), member, { type: 'AddMember', member }, call);
  }

  @Put(':member')
  async setStatus(
    @CurrentCall() call: Call,
    @Param('id') given: string,
    @Param('member') member: string,
    @Body() body: unknown,
  ): Promise<MemberView> {
    const text = stringIn(body, 'status');
    const status = memberStatuses.find((candidate) => candidate === text);
    if (!status) throw badRequest(`status must be one of ${memberStatuses.join(', ')}, not ${JSON.stringify(text)}`);
    return this.run(imageIdOf(given), member, { type: 'SetMemberStatus', member, status }, call);
  }

  @Delete(':member')
  @HttpCode(204)
  async remove(@CurrentCall() call: Call, @Param('id') given: string, @Param('member') member: string): Promise<void> {
    await this.commands.execute(new RunImageCommand(imageIdOf(given), { type: 'RemoveMember', member }, call));
  }

  private async run(id: string, member: string, command: RunImageCommand['command'], call: Call): Promise<MemberView> {
    const { state } = await this.commands.execute(new RunImageCommand(id, command, call));
    return memberView(id, member, state!.members[member]!);
  }
}

function stringIn(body: unknown, name: string): string {
  const value: unknown =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  if (typeof value !== 'string') throw badRequest(`The body must be a JSON object with the string "${name}".`);
  return value;
}
