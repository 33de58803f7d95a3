-- Each account's journal is a chain: a row's digest covers its content and the digest before it.
-- The digests of rows that are there already are computed by `migrate`, in the same transaction.

alter table journal
    add column position bigint,
    add column previous text,
    add column digest text;
create unique index journal_by_position on journal (account, position);
