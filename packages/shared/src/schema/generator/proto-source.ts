/** Reads messages out of the generated.proto files that stand beside the Go types. */

export interface ProtoField {
  name: string;
  number: number;
  repeated: boolean;
  map: boolean;
}

/** Message name -> fields. */
export function parseProto(text: string): Map<string, ProtoField[]> {
  const messages = new Map<string, ProtoField[]>();
  let fields: ProtoField[] | undefined;
  for (const line of text.split('\n')) {
    const message = /^message (\w+) \{$/.exec(line);
    if (message?.[1] !== undefined) {
      fields = [];
      messages.set(message[1], fields);
    }
    const field = /^ {2}(optional |repeated )?(map<)?.+ (\w+) = (\d+);/.exec(line);
    if (field === null) continue;
    fields?.push({
      name: field[3] as string,
      number: Number(field[4]),
      repeated: field[1] === 'repeated ',
      map: field[2] !== undefined,
    });
  }
  return messages;
}
