-- Seals by the end of their segment: the newest one, and the one that covers a position.
create index events_of_seals on events (((payload ->> 'last')::bigint)) where stream_id = 'seal';
