-- One line for each column, constraint, index, trigger and storage option of schema public.
WITH tables AS (
    SELECT oid, relname, reloptions FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
), lines AS (
    SELECT relname, 0 AS part, 0 AS place,
        coalesce('with ' || array_to_string(reloptions, ', '), 'table') AS line
    FROM tables
    UNION ALL
    SELECT relname, 1, attnum,
        attname || ' ' || format_type(atttypid, atttypmod)
            || CASE WHEN attnotnull THEN ' not null' ELSE '' END
            || CASE attidentity WHEN 'd' THEN ' identity by default' ELSE '' END
            || coalesce(' default ' || pg_get_expr(adbin, adrelid), '')
    FROM tables JOIN pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    UNION ALL
    -- NOT NULL is a constraint of its own from PostgreSQL 18 on; the column's line says it already.
    SELECT relname, 2, 0, conname || ': ' || pg_get_constraintdef(pg_constraint.oid)
    FROM tables JOIN pg_constraint ON conrelid = tables.oid AND contype <> 'n'
    UNION ALL
    SELECT relname, 3, 0, replace(pg_get_indexdef(indexrelid), ' USING btree', '')
    FROM tables JOIN pg_index ON indrelid = tables.oid
    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
    UNION ALL
    SELECT relname, 4, 0, pg_get_triggerdef(pg_trigger.oid)
    FROM tables JOIN pg_trigger ON tgrelid = tables.oid AND NOT tgisinternal
)
SELECT relname || ' | ' || line FROM lines ORDER BY relname COLLATE "C", part, place, line COLLATE "C"
