-- The ledger: what was seen, decided, sent and filled. Money and shares are numeric, market data is
-- double precision, instants are timestamptz. Working state elsewhere is rebuilt from these rows.

create table accounts (
    account text primary key,
    cash numeric not null,
    day_open_equity numeric not null,
    high_water_mark numeric not null,
    session_day date,
    -- raised whenever the working state is rebuilt; an intent decided on an older one is refused
    generation bigint not null default 1,
    halt_epoch bigint not null default 0,
    version bigint not null default 1
);

create table halts (
    account text not null references accounts,
    scope text not null,
    level smallint not null check (level between 0 and 2),
    code text not null,
    reason text not null,
    actor text not null,
    at timestamptz not null,
    epoch bigint not null,
    primary key (account, scope)
);

create table bars (
    symbol text not null,
    start timestamptz not null,
    revision integer not null default 0,
    open double precision not null,
    high double precision not null,
    low double precision not null,
    close double precision not null,
    volume double precision not null,
    vwap double precision,
    trades integer,
    source text not null,
    received_at timestamptz not null default clock_timestamp(),
    primary key (symbol, start, revision)
);
create index bars_by_time on bars (start);

create table quarantine (
    key text primary key,
    symbol text not null,
    code text not null,
    detail text not null,
    raw text not null,
    at timestamptz not null
);

create table snapshots (
    account text not null references accounts,
    strategy text not null,
    symbol text not null,
    last_bar timestamptz not null,
    state text not null,
    primary key (account, strategy, symbol)
);

create table signals (
    id text primary key,
    account text not null references accounts,
    strategy text not null,
    version text not null,
    symbol text not null,
    bar_start timestamptz not null,
    ordinal integer not null,
    action text not null,
    quantity integer,
    reference_price double precision not null,
    reason text not null,
    origin text not null,
    correlation_id text not null,
    at timestamptz not null
);
create index signals_by_bar on signals (account, bar_start);

create table intents (
    id text primary key,
    account text not null references accounts,
    signal_id text not null references signals,
    attempt integer not null,
    client_order_id text not null unique,
    strategy text not null,
    symbol text not null,
    side text not null,
    quantity numeric not null,
    limit_price numeric not null,
    reference_price numeric not null,
    origin text not null,
    bar_end timestamptz not null,
    valid_until timestamptz not null,
    status text not null check (status in ('approved', 'denied')),
    denial_code text,
    denial_text text,
    correlation_id text not null,
    at timestamptz not null,
    check ((status = 'denied') = (denial_code is not null))
);
create index intents_by_time on intents (account, at);

create table orders (
    client_order_id text primary key,
    intent_id text unique references intents,
    account text not null references accounts,
    strategy text not null,
    symbol text not null,
    side text not null,
    quantity numeric not null,
    limit_price numeric not null,
    status text not null,
    status_at timestamptz not null,
    filled_quantity numeric not null default 0,
    broker_order_id text unique,
    submitted_at timestamptz,
    cancel_requested_at timestamptz,
    cancel_reason text not null default '',
    reason text not null default '',
    attempts integer not null default 0,
    latency_us bigint,
    created_at timestamptz not null,
    version bigint not null
);
create index orders_by_time on orders (account, created_at);
create index orders_working on orders (account)
    where status not in ('filled', 'canceled', 'expired', 'rejected', 'replaced', 'denied', 'abandoned');

create table fills (
    execution_id text primary key,
    client_order_id text not null references orders,
    broker_order_id text not null,
    account text not null references accounts,
    strategy text not null,
    symbol text not null,
    side text not null,
    quantity numeric not null check (quantity > 0),
    price numeric not null check (price > 0),
    cumulative numeric not null,
    at timestamptz not null,
    source text not null,
    -- the stream and the activities may name one execution differently; this cannot differ
    unique (broker_order_id, cumulative)
);
create index fills_by_time on fills (account, at);

create table positions (
    account text not null references accounts,
    strategy text not null,
    symbol text not null,
    quantity numeric not null,
    cost numeric not null,
    realized_pnl numeric not null,
    version bigint not null,
    updated_at timestamptz not null,
    primary key (account, strategy, symbol)
);

create table equity (
    account text not null references accounts,
    at timestamptz not null,
    equity numeric not null,
    cash numeric not null,
    primary key (account, at)
);

create table journal (
    seq bigint generated always as identity primary key,
    account text not null,
    at timestamptz not null,
    kind text not null,
    ref text not null,
    correlation_id text not null,
    payload jsonb not null
);
create index journal_by_time on journal (account, at);

create function journal_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the journal is append-only: % refused', tg_op;
end
$$;
create trigger journal_append_only before update or delete or truncate on journal
    for each statement execute function journal_is_append_only();

-- what has been done once: scheduled work by day, so that a second knock changes nothing
create table done_once (
    account text not null,
    name text not null,
    key text not null,
    at timestamptz not null,
    primary key (account, name, key)
);

create table runs (
    id text primary key,
    account text not null,
    started_at timestamptz not null,
    mode text not null,
    source text not null,
    code_version text not null,
    config jsonb not null
);
