// One session with pgjdbc: the argument says what to do, libpq's variables where to go. Run from source: java Session.java

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;

public class Session {
  static final Map<String, String> ENV = System.getenv();

  public static void main(String[] args) throws IOException, SQLException {
    switch (args[0]) {
      case "work" -> work();
      case "refused" -> refused();
      case "wait" -> await();
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  static Connection connect() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", ENV.get("PGUSER"));
    properties.setProperty("password", ENV.get("PGPASSWORD"));
    properties.setProperty("sslmode", ENV.get("PGSSLMODE"));
    properties.setProperty("sslrootcert", ENV.get("PGSSLROOTCERT"));
    String url = "jdbc:postgresql://%s:%s/%s";
    return DriverManager.getConnection(
        url.formatted(ENV.get("PGHOST"), ENV.get("PGPORT"), ENV.get("PGDATABASE")), properties);
  }

  static void work() throws SQLException {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      String name = null;
      double price = 0;
      // From the sixth time on the statement is prepared on the server.
      for (int i = 0; i < 8; i++) {
        try (PreparedStatement select =
            connection.prepareStatement("select name, price from items where id = ? and name <> ?")) {
          select.setInt(1, 7);
          select.setString(2, "it's \\ ☃");
          ResultSet row = select.executeQuery();
          row.next();
          name = row.getString(1);
          price = row.getDouble(2);
        }
      }
      insert(connection, "undone");
      connection.rollback();
      insert(connection, "kept");
      connection.commit();
      long total = 0;
      try (Statement select = connection.createStatement()) {
        // In portals of a thousand rows: pgjdbc fetches by cursor inside a transaction.
        select.setFetchSize(1000);
        ResultSet rows = select.executeQuery("select i, repeat('x', 100) from generate_series(1, 50000) i");
        while (rows.next()) total += rows.getLong(1);
      }
      String denied = null;
      try (Statement create = connection.createStatement()) {
        create.execute("create table mine (i int)");
      } catch (SQLException error) {
        denied = error.getSQLState();
        connection.rollback();
      }
      try (Statement select = connection.createStatement()) {
        ResultSet row = select.executeQuery("select current_setting('postern.account')");
        row.next();
        System.out.printf(
            "{\"name\":\"%s\",\"price\":%s,\"total\":%d,\"denied\":\"%s\",\"account\":\"%s\"}%n",
            name, price, total, denied, row.getString(1));
      }
    }
  }

  static void insert(Connection connection, String name) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement("insert into items values (?, ?)")) {
      insert.setInt(1, Integer.parseInt(ENV.get("ROW")));
      insert.setString(2, name);
      insert.executeUpdate();
    }
  }

  static void refused() {
    try {
      connect().close();
    } catch (SQLException error) {
      tell(error);
    }
  }

  static void await() throws IOException, SQLException {
    Connection connection = connect();
    System.out.println("{\"ready\":true}");
    System.in.read();
    try (Statement select = connection.createStatement()) {
      select.execute("select 1");
    } catch (SQLException error) {
      tell(error);
    }
  }

  static void tell(SQLException error) {
    String message = error.getMessage().replace("\n", " ").replace("\"", "'");
    System.out.printf("{\"sqlstate\":\"%s\",\"message\":\"%s\"}%n", error.getSQLState(), message);
  }
}
