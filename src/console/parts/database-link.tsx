// A database's name, which leads to its page.

import { Link } from 'react-router'

export function DatabaseLink({ name }: { name: string }) {
  return (
    <Link className="record-link mono" to={`/databases/${encodeURIComponent(name)}`}>
      {name}
    </Link>
  )
}
