import { describe, expect, it } from 'vitest';
import { ElementNames, FieldForms, FieldTemplate } from './field-forms.ts';

const ips = (...all: string[]) => ({
  'f:podIPs': { '.': {}, ...Object.fromEntries(all.map((ip) => [`k:{"ip":"${ip}"}`, { '.': {}, 'f:ip': {} }])) },
});

describe('the form of fields', () => {
  it('is the same whatever the elements of their lists are called, and another for other fields', () => {
    const forms = new FieldForms();
    const form = forms.of(ips('10.0.0.1'));
    expect(form?.names).toEqual(['k:{"ip":"10.0.0.1"}']);
    expect(forms.of(ips('10.0.0.2'))).toEqual({ id: form?.id, names: ['k:{"ip":"10.0.0.2"}'] });
    const others = [ips(), ips('a', 'b'), { 'f:podIPs': {} }, { 'f:podIPs': { 'k:#0': {}, '.': {} } }, undefined];
    const ids = [form, ...others.map((other) => forms.of(other))].map((one) => one?.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('tells one name in two places from two, and from a client that writes what stands for a name', () => {
    const forms = new FieldForms();
    const fields = (a: string, b: string) => ({ 'f:a': { [a]: {} }, 'f:b': { [b]: {} } });
    const ids = [fields('v:1', 'v:1'), fields('v:1', 'v:2'), fields('v:1', '#0'), fields('v:1', 'k:#0')].map(
      (one) => forms.of(one)?.id,
    );
    expect(ids[3]).toBeUndefined();
    expect(new Set(ids).size).toBe(4);
  });

  it('is not told of names in other words than those of the schema, nor of what cannot be read', () => {
    const forms = new FieldForms();
    for (const name of ['k:{ "ip": "a" }', 'k:{"b":1,"a":2}', 'k:{', 'v:"\\u0061"'])
      expect(forms.of({ 'f:a': { [name]: {} } })).toBeUndefined();
  });
});

describe('a template of fields', () => {
  const namesOf = (...all: string[]) => {
    const names = new ElementNames();
    for (const ip of all) names.placeOf(`k:{"ip":"${ip}"}`);
    return names;
  };

  it('has the names of another, in their order', () => {
    const template = new FieldTemplate(ips('1', '2'), namesOf('0', '1', '2'));
    expect(JSON.stringify(template.with(namesOf('a', '4', '3')))).toBe(JSON.stringify(ips('3', '4')));
    expect(template.with(namesOf('a', '2', '1'))).toEqual(ips('1', '2'));
  });

  it('shares what holds no other names', () => {
    const fields = { ...ips('1'), 'f:phase': {}, 'f:conditions': { 'k:{"type":"Ready"}': {} } };
    const names = new ElementNames();
    names.placeOf('k:{"type":"Ready"}');
    names.placeOf('k:{"ip":"1"}');
    const template = new FieldTemplate(fields, names);
    expect(template.with(names)).toBe(fields);
    const others = new ElementNames();
    others.placeOf('k:{"type":"Ready"}');
    others.placeOf('k:{"ip":"2"}');
    const other = template.with(others);
    expect(other).toEqual({ ...fields, ...ips('2') });
    expect(other['f:conditions']).toBe(fields['f:conditions']);
  });
});
