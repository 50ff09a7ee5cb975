/** Where a copy may be. */
export type CopyStatus = 'available' | 'on loan' | 'reserved' | 'being mended'

export interface AuthorEntry {
  readonly given: string
  readonly family: string
  readonly born: number
  readonly died: number
  readonly books: readonly BookEntry[]
}

export interface BookEntry {
  readonly title: string
  /** Of the first edition as a book. */
  readonly year: number
  readonly copies: readonly CopyStatus[]
}

const statuses = { a: 'available', l: 'on loan', r: 'reserved', m: 'being mended' } as const

/** A copy for each letter. */
function book(title: string, year: number, copies: string): BookEntry {
  const known = new Map<string, CopyStatus>(Object.entries(statuses))
  return { title, year, copies: [...copies].flatMap((letter) => known.get(letter) ?? []) }
}

function author(
  given: string,
  family: string,
  born: number,
  died: number,
  ...books: BookEntry[]
): AuthorEntry {
  return { given, family, born, died, books }
}

/** Real books in the public domain; the copies are made up. */
export const catalogue: readonly AuthorEntry[] = [
  author(
    'Jane',
    'Austen',
    1775,
    1817,
    book('Pride and Prejudice', 1813, 'aallr'),
    book('Emma', 1815, 'aal'),
    book('Persuasion', 1817, 'lm'),
  ),
  author('Charlotte', 'Brontë', 1816, 1855, book('Jane Eyre', 1847, 'aall')),
  author('Emily', 'Brontë', 1818, 1848, book('Wuthering Heights', 1847, 'alr')),
  author('Lewis', 'Carroll', 1832, 1898, book('Alice’s Adventures in Wonderland', 1865, 'aaalm')),
  author('Miguel de', 'Cervantes', 1547, 1616, book('Don Quixote', 1605, 'aal')),
  author('Joseph', 'Conrad', 1857, 1924, book('Lord Jim', 1900, 'aa')),
  author(
    'Charles',
    'Dickens',
    1812,
    1870,
    book('Bleak House', 1853, 'al'),
    book('A Tale of Two Cities', 1859, 'aalr'),
    book('Great Expectations', 1861, 'aalm'),
  ),
  author(
    'Fyodor',
    'Dostoevsky',
    1821,
    1881,
    book('Crime and Punishment', 1866, 'allr'),
    book('The Brothers Karamazov', 1880, 'al'),
  ),
  author('Arthur Conan', 'Doyle', 1859, 1930, book('The Hound of the Baskervilles', 1902, 'lllr')),
  author('George', 'Eliot', 1819, 1880, book('Silas Marner', 1861, 'a'), book('Middlemarch', 1871, 'aalm')),
  author('Nathaniel', 'Hawthorne', 1804, 1864, book('The Scarlet Letter', 1850, 'al')),
  author('Herman', 'Melville', 1819, 1891, book('Moby-Dick', 1851, 'aam')),
  author('Mary', 'Shelley', 1797, 1851, book('Frankenstein', 1818, 'allr')),
  author(
    'Robert Louis',
    'Stevenson',
    1850,
    1894,
    book('Treasure Island', 1883, 'aal'),
    book('Strange Case of Dr Jekyll and Mr Hyde', 1886, 'al'),
  ),
  author('Bram', 'Stoker', 1847, 1912, book('Dracula', 1897, 'allm')),
  author(
    'Leo',
    'Tolstoy',
    1828,
    1910,
    book('War and Peace', 1869, 'aaal'),
    book('Anna Karenina', 1878, 'alr'),
  ),
  author('Mark', 'Twain', 1835, 1910, book('Adventures of Huckleberry Finn', 1884, 'all')),
  author(
    'Jules',
    'Verne',
    1828,
    1905,
    book('Twenty Thousand Leagues Under the Seas', 1870, 'aal'),
    book('Around the World in Eighty Days', 1873, 'al'),
  ),
  author(
    'H. G.',
    'Wells',
    1866,
    1946,
    book('The Time Machine', 1895, 'aal'),
    book('The War of the Worlds', 1898, 'lr'),
  ),
  author('Oscar', 'Wilde', 1854, 1900, book('The Picture of Dorian Gray', 1891, 'aalr')),
]
