-- The tape: trades and quotes by the million, the symbols they are about, and what was missed of
-- it. Rows are of one width, the 8-byte columns first. A day is a partition (or, with TimescaleDB, a
-- chunk): days are made ahead and forgotten whole. The time of a row is the tape's, in milliseconds.

create table symbols (
    id integer generated always as identity primary key,
    symbol text not null unique
);

-- how far each lane of batches has come, so that a batch that is offered twice is stored once, and
-- which holder of the feed's lease wrote last, so that an earlier one cannot write any more
create table tick_lanes (
    lane text primary key,
    number bigint not null,
    fence bigint not null
);

create table gaps (
    id bigint generated always as identity primary key,
    account text not null,
    began timestamptz not null,
    ended timestamptz not null,
    reason text not null,
    bars integer not null default 0,
    trades integer not null default 0,
    filled_at timestamptz,
    unique (account, began)
);
create index gaps_by_time on gaps (account, ended);

create table corporate_actions (
    id text primary key,
    symbol text not null,
    kind text not null check (kind in ('split', 'dividend')),
    ex_date date not null,
    split_from double precision,
    split_to double precision,
    cash double precision,
    known_at timestamptz not null default clock_timestamp()
);
create index corporate_actions_by_symbol on corporate_actions (symbol, ex_date);

-- Whether ticks live in hypertables. RDS and Aurora do not offer the extension; where it is there, it
-- may still not be ours to create.
create function ticks_are_hypertables() returns boolean language sql stable as $$
    select exists (select from pg_extension where extname = 'timescaledb')
$$;

do $$
declare
    whole text := ' partition by range (at)';
begin
    begin
        if exists (select from pg_available_extensions where name = 'timescaledb') then
            create extension if not exists timescaledb;
        end if;
    exception when others then
        raise notice 'native partitions: %', sqlerrm;
    end;
    if ticks_are_hypertables() then
        whole := '';
    end if;
    execute 'create table trades (
        at timestamptz not null,
        sequence bigint not null,
        price double precision not null,
        size double precision not null,
        conditions bigint not null,
        symbol_id integer not null,
        exchange smallint not null,
        tape smallint not null,
        trf smallint not null,
        correction smallint not null
    )' || whole;
    execute 'create table quotes (
        at timestamptz not null,
        sequence bigint not null,
        bid double precision not null,
        ask double precision not null,
        bid_size integer not null,
        ask_size integer not null,
        symbol_id integer not null,
        bid_exchange smallint not null,
        ask_exchange smallint not null,
        tape smallint not null
    )' || whole;
    create index trades_by_symbol on trades (symbol_id, at);
    create index quotes_by_symbol on quotes (symbol_id, at);
    if ticks_are_hypertables() then
        execute $hyper$
            select create_hypertable(name, 'at', chunk_time_interval => interval '1 day',
                create_default_indexes => false)
            from unnest(array['trades', 'quotes']) name
        $hyper$;
        begin
            execute 'alter table trades set (timescaledb.compress,'
                ' timescaledb.compress_segmentby = ''symbol_id'', timescaledb.compress_orderby = ''at'')';
            execute 'alter table quotes set (timescaledb.compress,'
                ' timescaledb.compress_segmentby = ''symbol_id'', timescaledb.compress_orderby = ''at'')';
            execute $hyper$
                select add_compression_policy(name, interval '2 days')
                from unnest(array['trades', 'quotes']) name
            $hyper$;
        exception when others then
            raise notice 'without compression: %', sqlerrm;
        end;
    end if;
end
$$;

-- Make the partitions of `days` UTC days from `first` on; how many are new. Others may read and write
-- meanwhile.
create function make_tick_days(first date, days integer) returns integer language plpgsql as $$
declare
    made integer := 0;
    day date;
    parent text;
    name text;
begin
    if ticks_are_hypertables() then
        return 0;
    end if;
    perform pg_advisory_xact_lock(1363430705);
    for day in select first + n from generate_series(0, days - 1) n loop
        foreach parent in array array['trades', 'quotes'] loop
            name := parent || to_char(day, '"_"YYYYMMDD');
            if to_regclass(name) is null then
                execute format('create table %I (like %I including defaults)', name, parent);
                execute format('alter table %I attach partition %I for values from (%L) to (%L)',
                    parent, name, day::timestamp at time zone 'UTC',
                    (day + 1)::timestamp at time zone 'UTC');
                made := made + 1;
            end if;
        end loop;
    end loop;
    return made;
end
$$;

-- Forget the days that ended at or before `before`; how many partitions or chunks went.
create function drop_tick_days(before timestamptz) returns integer language plpgsql as $$
declare
    gone integer := 0;
    name text;
begin
    if ticks_are_hypertables() then
        execute 'select count(*)::integer from unnest(array[''trades'', ''quotes'']) name,'
            ' lateral drop_chunks(name::regclass, older_than => $1) chunk' into gone using before;
        return gone;
    end if;
    for name in
        select child.relname from pg_inherits
        join pg_class child on child.oid = inhrelid
        join pg_class parent on parent.oid = inhparent
        where parent.relname in ('trades', 'quotes')
        and to_date(right(child.relname, 8), 'YYYYMMDD') + 1
            <= (date_trunc('day', before at time zone 'UTC'))::date
        order by child.relname
    loop
        execute format('drop table %I', name);
        gone := gone + 1;
    end loop;
    return gone;
end
$$;
