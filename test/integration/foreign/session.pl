# One session with DBD::Pg: the argument says what to do, libpq's variables where to go.

use strict;
use warnings;
use utf8;
use DBI;
use JSON::PP;

$| = 1;
my %acts = (work => \&work, refused => \&refused, wait => \&wait_for_the_end);
$acts{ $ARGV[0] }->();

sub tell_facts { print JSON::PP->new->ascii->canonical->encode({@_}), "\n" }

sub connect_now { DBI->connect('dbi:Pg:', undef, undef, { RaiseError => 1, PrintError => 0, AutoCommit => 0 }) }

sub work {
  my $db = connect_now();
  my ($name, $price) =
    $db->selectrow_array('select name, price from items where id = ? and name <> ?', undef, 7, "it's \\ ☃");
  $db->do('insert into items values (?, ?)', undef, $ENV{ROW}, 'undone');
  $db->rollback;
  $db->do('insert into items values (?, ?)', undef, $ENV{ROW}, 'kept');
  $db->commit;
  my $total = 0;
  my $rows = $db->prepare("select i, repeat('x', 100) from generate_series(1, 50000) i");
  $rows->execute;
  while (my ($i) = $rows->fetchrow_array) { $total += $i }
  eval { $db->do('create table mine (i int)') };
  my $denied = $db->state;
  $db->rollback;
  my ($account) = $db->selectrow_array(q{select current_setting('postern.account')});
  tell_facts(name => $name, price => $price + 0, total => $total, denied => $denied, account => $account);
  $db->disconnect;
}

sub refused {
  eval { connect_now() };
  tell_facts(message => "$DBI::errstr");
}

sub wait_for_the_end {
  my $db = connect_now();
  tell_facts(ready => JSON::PP::true);
  <STDIN>;
  eval { $db->do('select 1') };
  tell_facts(sqlstate => $db->state, message => $db->errstr);
  # Gone already: nothing to roll back.
  $db->{InactiveDestroy} = 1;
}
