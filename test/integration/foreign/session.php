<?php
// One session with PDO: the argument says what to do, libpq's variables where to go.

function connect(): PDO
{
    // PDO passes what is not in the DSN to libpq, but for the user and the password, which it takes as arguments.
    return new PDO('pgsql:', getenv('PGUSER'), getenv('PGPASSWORD'), [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
}

function tell(array $facts): void
{
    echo json_encode($facts), "\n";
}

function work(): void
{
    $db = connect();
    $select = $db->prepare('select name, price from items where id = ? and name <> ?');
    $select->execute([7, "it's \\ ☃"]);
    [$name, $price] = $select->fetch(PDO::FETCH_NUM);
    $insert = $db->prepare('insert into items values (?, ?)');
    $db->beginTransaction();
    $insert->execute([getenv('ROW'), 'undone']);
    $db->rollBack();
    $db->beginTransaction();
    $insert->execute([getenv('ROW'), 'kept']);
    $db->commit();
    $total = 0;
    foreach ($db->query("select i, repeat('x', 100) from generate_series(1, 50000) i") as $row) {
        $total += $row[0];
    }
    try {
        $db->exec('create table mine (i int)');
        $denied = null;
    } catch (PDOException $error) {
        $denied = $error->getCode();
    }
    $account = $db->query("select current_setting('postern.account')")->fetchColumn();
    tell(['name' => $name, 'price' => (float) $price, 'total' => $total, 'denied' => $denied, 'account' => $account]);
}

function refused(): void
{
    try {
        connect();
    } catch (PDOException $error) {
        tell(['message' => $error->getMessage()]);
    }
}

function wait(): void
{
    $db = connect();
    tell(['ready' => true]);
    fgets(STDIN);
    try {
        $db->exec('select 1');
    } catch (PDOException $error) {
        tell(['sqlstate' => $error->getCode(), 'message' => $error->getMessage()]);
    }
}

$argv[1]();
