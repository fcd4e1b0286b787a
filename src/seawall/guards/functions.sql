-- What a guard does when its WHEN lets it through: count the try, and refuse.
--
-- A raise rolls back all that its statement did, a log too. Sequences are not rolled back, so each
-- try advances one. SECURITY DEFINER, because an application's role has no rights in schema
-- seawall; the search path is pinned, nobody else may attach the function to a table, and it does
-- nothing but count and raise.
CREATE OR REPLACE FUNCTION seawall.refuse_write() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    protected text := TG_ARGV[0];
    what text := CASE WHEN TG_NARGS > 2 THEN format('UPDATE of %s', TG_ARGV[2]) ELSE TG_OP END;
BEGIN
    BEGIN
        PERFORM nextval(TG_ARGV[1]::regclass);
    EXCEPTION WHEN OTHERS THEN
        NULL; -- A lost sequence must not change what people read.
    END;
    RAISE EXCEPTION USING
        ERRCODE = 'SW001',
        MESSAGE = format('seawall refuses %s in %s: its rows belong to users', what, protected),
        DETAIL = 'This session is armed (seawall.armed = on), as every reload is and every command '
            'of “seawall guard run”: it must not write what users own.',
        HINT = 'A person who means it does it in a session of their own, which is not armed.',
        SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$function$;
REVOKE ALL ON FUNCTION seawall.refuse_write() FROM PUBLIC;

CREATE OR REPLACE FUNCTION seawall.refuse_truncate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    protected text := TG_ARGV[0];
BEGIN
    BEGIN
        PERFORM nextval(TG_ARGV[1]::regclass);
    EXCEPTION WHEN OTHERS THEN
        NULL;
    END;
    RAISE EXCEPTION USING
        ERRCODE = 'SW002',
        MESSAGE = format('seawall refuses TRUNCATE of %s: its rows belong to users', protected),
        DETAIL = 'TRUNCATE would take every row at once, also where CASCADE reached it.',
        HINT = CASE WHEN current_setting('seawall.armed', true) = 'on'
            THEN 'A person who means it does it in a session of their own, which is not armed.'
            ELSE format('If you mean it: BEGIN; SET LOCAL seawall.unlock = %L; TRUNCATE …; COMMIT;',
                        protected)
            END,
        SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$function$;
REVOKE ALL ON FUNCTION seawall.refuse_truncate() FROM PUBLIC;
