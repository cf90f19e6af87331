-- Equal data is kept once in a store: by its digest an image finds those that have the same.
create index images_by_digest on images (os_hash_value) where os_hash_value is not null;
