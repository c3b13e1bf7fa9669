import { textWidth } from './text.js';

/** As much of a text as has room in a width. */
export function fitting(text, size, room) {
  if (textWidth(text, size) <= room) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(`${characters.join('')}…`, size) > room) characters.pop();
  return `${characters.join('')}…`;
}
