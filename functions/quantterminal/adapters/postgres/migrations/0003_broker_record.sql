-- What the broker tells beyond our own orders: executions against reports, chains of replacements,
-- and activities that are no trades.

alter table orders add column booked_quantity numeric not null default 0;
alter table orders add column replaces text;
alter table orders add column replaced_by text;
update orders set booked_quantity = coalesce(
    (select sum(quantity) from fills where fills.client_order_id = orders.client_order_id), 0);
create index orders_unbooked on orders (account) where filled_quantity > booked_quantity;

-- one row per activity of the broker, never twice; shares and cash are what it changed in the books
create table activities (
    account text not null references accounts,
    id text not null,
    kind text not null,
    symbol text not null,
    at timestamptz not null,
    shares numeric not null,
    cash numeric not null,
    booked_at timestamptz not null,
    primary key (account, id)
);
create index activities_by_time on activities (account, at);
create index activities_of_shares on activities (symbol, at) where shares <> 0;
