import { beforeEach, expect, it } from '@jest/globals';
import { SealDue } from './seal-due.js';

const start = Date.parse('2026-01-02T03:04:05Z');
let steadyMs: number;
let wallMs: number;
let due: SealDue;
beforeEach(() => {
  steadyMs = 5_000;
  wallMs = start;
  due = new SealDue({ events: 1000, seconds: 60 }, { steadyMs: () => steadyMs, wallMs: () => wallMs });
});
const after = (seconds: number) => (steadyMs += seconds * 1000);
const waiting = (count: number, secondsAgo = 0) => ({ count, since: new Date(wallMs - secondsAgo * 1000) });
const rests = { count: 1, since: undefined };

it('a full segment is due at once, and one event within the time', () => {
  expect(due.isDue(0, waiting(1000))).toBe(true);
  expect(due.isDue(1000, waiting(1))).toBe(false);
  after(59);
  expect(due.isDue(1000, waiting(500))).toBe(false);
  after(1);
  expect(due.isDue(1000, waiting(500))).toBe(true);
});

it('a log that rests is never due, and the wait begins when something comes', () => {
  expect(due.isDue(0, rests)).toBe(false);
  after(3600);
  expect(due.isDue(0, rests)).toBe(false);
  expect(due.isDue(0, waiting(2))).toBe(false);
  after(60);
  expect(due.isDue(0, waiting(2))).toBe(true);
});

it('each segment waits anew', () => {
  due.isDue(0, waiting(1));
  after(60);
  expect(due.isDue(0, waiting(1))).toBe(true);
  expect(due.isDue(2, waiting(1))).toBe(false);
});

it('what waited before the process began is not made to wait again', () => {
  expect(due.isDue(0, waiting(1, 70))).toBe(true);
});

it('an event from a clock that is ahead waits no longer than others, nor for a clock that is set back', () => {
  expect(due.isDue(0, waiting(1, -3600))).toBe(false);
  wallMs -= 7_200_000;
  after(60);
  expect(due.isDue(0, waiting(1, -3600))).toBe(true);
});

it('events from a clock that is late are not each sealed alone', () => {
  due.isDue(0, rests);
  expect(due.isDue(0, waiting(1, 3600))).toBe(false);
  after(30);
  expect(due.isDue(0, waiting(5, 3600))).toBe(false);
});
