"""One session with psycopg, psycopg2 or asyncpg: argv is the driver and what to do; libpq's variables say where to go."""

import asyncio
import json
import os
import sys


def tell(**facts):
    print(json.dumps(facts, default=str), flush=True)


def with_dbapi(driver):
    """psycopg and psycopg2 share the interface of PEP 249, and libpq's start-up."""
    return driver.connect("connect_timeout=10")


def work_dbapi(driver):
    connection = with_dbapi(driver)
    cursor = connection.cursor()
    cursor.execute("select name, price from items where id = %s and name <> %s", (7, "it's \\ ☃"))
    name, price = cursor.fetchone()
    cursor.execute("insert into items values (%s, %s)", (int(os.environ["ROW"]), "undone"))
    connection.rollback()
    cursor.execute("insert into items values (%s, %s)", (int(os.environ["ROW"]), "kept"))
    connection.commit()
    cursor.execute("select i, repeat('x', 100) from generate_series(1, 50000) i")
    total = sum(row[0] for row in cursor)
    try:
        cursor.execute("create table mine (i int)")
        denied = None
    except driver.Error as error:
        denied = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    connection.rollback()
    cursor.execute("select current_setting('postern.account')")
    tell(name=name, price=float(price), total=total, denied=denied, account=cursor.fetchone()[0])
    connection.close()


def refused_dbapi(driver):
    try:
        with_dbapi(driver)
    except driver.OperationalError as error:
        tell(message=str(error))


def wait_dbapi(driver):
    connection = with_dbapi(driver)
    tell(ready=True)
    sys.stdin.readline()
    try:
        connection.cursor().execute("select 1")
    except driver.Error as error:
        tell(sqlstate=getattr(error, "sqlstate", None) or getattr(error, "pgcode", None), message=str(error))


async def with_asyncpg():
    import asyncpg
    import ssl

    # Of libpq's variables, asyncpg 0.27 reads all but PGSSLROOTCERT's certificate for a host that is an address.
    context = ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])
    return await asyncpg.connect(ssl=context, timeout=10)


async def work_asyncpg():
    import asyncpg

    connection = await with_asyncpg()
    row = await connection.fetchrow("select name, price from items where id = $1 and name <> $2", 7, "it's \\ ☃")
    try:
        async with connection.transaction():
            await connection.execute("insert into items values ($1, $2)", int(os.environ["ROW"]), "undone")
            raise KeyError
    except KeyError:
        pass
    async with connection.transaction():
        await connection.execute("insert into items values ($1, $2)", int(os.environ["ROW"]), "kept")
    rows = await connection.fetch("select i, repeat('x', 100) from generate_series(1, 50000) i")
    try:
        await connection.execute("create table mine (i int)")
        denied = None
    except asyncpg.PostgresError as error:
        denied = error.sqlstate
    account = await connection.fetchval("select current_setting('postern.account')")
    total = sum(each[0] for each in rows)
    tell(name=row["name"], price=float(row["price"]), total=total, denied=denied, account=account)
    await connection.close()


async def refused_asyncpg():
    import asyncpg

    try:
        await with_asyncpg()
    except asyncpg.PostgresError as error:
        tell(sqlstate=error.sqlstate, message=str(error))


async def wait_asyncpg():
    import asyncpg

    connection = await with_asyncpg()
    closed = asyncio.Event()
    connection.add_termination_listener(lambda _: closed.set())
    tell(ready=True)
    # The driver reads what the server says while it waits. Asked before it has read the end, it would pass on whatever
    # error of the socket comes first.
    await closed.wait()
    try:
        await connection.execute("select 1", timeout=30)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        tell(sqlstate=getattr(error, "sqlstate", None), message=repr(error))


def main(driver, act):
    if driver == "asyncpg":
        asyncio.run(globals()[f"{act}_asyncpg"]())
    else:
        globals()[f"{act}_dbapi"](__import__(driver))


main(*sys.argv[1:])
