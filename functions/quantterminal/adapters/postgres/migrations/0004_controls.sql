-- What the last hop and the breakers of one strategy look at: which release decided an intent, and
-- what each fill earned by closing.

alter table intents add column release text not null default '';
alter table fills add column realized numeric not null default 0;
create index orders_by_strategy on orders (account, strategy, created_at);
create index orders_sent on orders (account, submitted_at);
create index intents_valid on intents (account, valid_until);
