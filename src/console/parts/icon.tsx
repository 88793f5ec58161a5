// The few icons of the console, drawn in the page: outlines on a grid of 24, after Tabler's (MIT).

const PATHS = {
  alert: [
    'M12 9v4',
    'M12 16.5h.01',
    'M10.3 4 2.6 17.2A2 2 0 0 0 4.3 20h15.4a2 2 0 0 0 1.7-2.8L13.7 4a2 2 0 0 0-3.4 0z',
  ],
  audit: ['M5 4h10l4 4v12H5z', 'M15 4v4h4', 'M9 12h6', 'M9 16h6'],
  auto: ['M4 5h16v11H4z', 'M8 20h8', 'M12 16v4'],
  back: ['M5 12h14', 'M5 12l6 6', 'M5 12l6-6'],
  check: ['M5 12.5l4.5 4.5L19 7.5'],
  chevron: ['M6 9l6 6 6-6'],
  clock: ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z', 'M12 7v5l3 2'],
  close: ['M6 6l12 12', 'M18 6L6 18'],
  copy: [
    'M9 9h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1z',
    'M16 9V5a1 1 0 0 0-1-1H5a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1h3',
  ],
  database: [
    'M12 9c4.4 0 8-1.3 8-3s-3.6-3-8-3-8 1.3-8 3 3.6 3 8 3z',
    'M4 6v6c0 1.7 3.6 3 8 3s8-1.3 8-3V6',
    'M4 12v6c0 1.7 3.6 3 8 3s8-1.3 8-3v-6',
  ],
  dots: ['M5 12h.01', 'M12 12h.01', 'M19 12h.01'],
  edit: ['M4 20h4L19 9a2.8 2.8 0 0 0-4-4L4 16z', 'M13.5 6.5l4 4'],
  gauge: ['M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z', 'M12 13l4-5', 'M12 14a1 1 0 1 0 0-2 1 1 0 0 0 0 2z'],
  group: [
    'M12 11a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
    'M7 19v-1a4 4 0 0 1 4-4h2a4 4 0 0 1 4 4v1',
    'M4 9.5a2 2 0 1 1 2 2',
    'M2.5 17a3 3 0 0 1 2.5-3',
    'M20 9.5a2 2 0 1 0-2 2',
    'M21.5 17a3 3 0 0 0-2.5-3',
  ],
  info: ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z', 'M12 8h.01', 'M11 12h1v4h1'],
  key: ['M15 14a5 5 0 1 0-4.6-3L4 17.4V20h3v-2h2v-2h2l1.2-2.4c.8.3 1.8.4 2.8.4z', 'M16 8h.01'],
  mail: ['M4 6h16v12H4z', 'M4 7l8 6 8-6'],
  moon: ['M12 3a7 7 0 0 0 8.5 9.5A9 9 0 1 1 12 3z'],
  out: ['M14 8V5a1 1 0 0 0-1-1H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1v-3', 'M9 12h12', 'M18 9l3 3-3 3'],
  plug: ['M9 4v4', 'M15 4v4', 'M6 8h12v4a6 6 0 0 1-12 0z', 'M12 18v3'],
  plus: ['M12 5v14', 'M5 12h14'],
  power: ['M7 6.5a8 8 0 1 0 10 0', 'M12 4v8'],
  pulse: ['M3 12h4l3 8 4-16 3 8h4'],
  refresh: ['M20 11A8 8 0 0 0 5 8l-1 1', 'M4 4v5h5', 'M4 13a8 8 0 0 0 15 3l1-1', 'M20 20v-5h-5'],
  robot: ['M5 8h14v11H5z', 'M12 4v4', 'M9 12.5v1', 'M15 12.5v1', 'M2.5 12v4', 'M21.5 12v4', 'M9.5 16.5h5'],
  search: ['M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z', 'M20 20l-4.5-4.5'],
  shield: ['M12 3l8 3v5c0 5-3.4 8.6-8 10-4.6-1.4-8-5-8-10V6z', 'M9 12l2 2 4-4'],
  sun: [
    'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z',
    'M12 3v1M12 20v1M3 12h1M20 12h1M5.6 5.6l.7.7M17.7 17.7l.7.7M5.6 18.4l.7-.7M17.7 6.3l.7-.7',
  ],
  terminal: ['M4 5h16v14H4z', 'M8 10l2.5 2L8 14', 'M13 15h3'],
  trash: ['M4 7h16', 'M9 7V4h6v3', 'M6 7l1 13h10l1-13', 'M10 11v5', 'M14 11v5'],
  user: ['M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z', 'M5 20v-1a5 5 0 0 1 5-5h4a5 5 0 0 1 5 5v1'],
} as const

export type IconName = keyof typeof PATHS

/** Says nothing to a screen reader: whatever it stands beside has words. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {PATHS[name].map(path => (
        <path key={path} d={path} />
      ))}
    </svg>
  )
}
