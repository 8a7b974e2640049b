/**
 * @file The Wasm instructions that the code generator uses, under the names of the specification, with their encoding
 * and stack signature. Source: WebAssembly core specification, appendix "Index of Instructions", and the relaxed SIMD
 * proposal. SIMD instructions are in `opcodes-simd.ts`.
 *
 * Instructions are grouped by their immediates: none (`PLAIN_OPS`), a memory argument (`MEMORY_OPS`), a lane number
 * (`LANE_OPS`), or both (`MEMORY_LANE_OPS`). Control flow, locals and constants have their own methods in the assembler.
 */
import { SIMD_LANE_OPS, SIMD_MEMORY_LANE_OPS, SIMD_MEMORY_OPS, SIMD_PLAIN_OPS } from './opcodes-simd.js';
import { loads, ops, stores } from './op-row.js';

export const PLAIN_OPS = {
  ...ops('i32 i32 -> i32', {
    'i32.eq': 0x46,
    'i32.ne': 0x47,
    'i32.lt_s': 0x48,
    'i32.gt_s': 0x4a,
    'i32.le_s': 0x4c,
    'i32.ge_s': 0x4e,
    'i32.add': 0x6a,
    'i32.sub': 0x6b,
    'i32.mul': 0x6c,
    'i32.div_s': 0x6d,
    'i32.rem_s': 0x6f,
    'i32.and': 0x71,
    'i32.or': 0x72,
    'i32.xor': 0x73,
    'i32.shl': 0x74,
    'i32.shr_s': 0x75,
    'i32.shr_u': 0x76,
  }),
  ...ops('i32 -> i32', { 'i32.eqz': 0x45, 'i32.extend8_s': 0xc0 }),
  ...ops('i64 i64 -> i32', {
    'i64.eq': 0x51,
    'i64.ne': 0x52,
    'i64.lt_s': 0x53,
    'i64.gt_s': 0x55,
    'i64.le_s': 0x57,
    'i64.ge_s': 0x59,
  }),
  ...ops('i64 i64 -> i64', {
    'i64.add': 0x7c,
    'i64.sub': 0x7d,
    'i64.mul': 0x7e,
    'i64.div_s': 0x7f,
    'i64.rem_s': 0x81,
    'i64.and': 0x83,
    'i64.or': 0x84,
    'i64.xor': 0x85,
    'i64.shl': 0x86,
    'i64.shr_s': 0x87,
    'i64.shr_u': 0x88,
  }),
  ...ops('f32 f32 -> i32', {
    'f32.eq': 0x5b,
    'f32.ne': 0x5c,
    'f32.lt': 0x5d,
    'f32.gt': 0x5e,
    'f32.le': 0x5f,
    'f32.ge': 0x60,
  }),
  ...ops('f64 f64 -> i32', {
    'f64.eq': 0x61,
    'f64.ne': 0x62,
    'f64.lt': 0x63,
    'f64.gt': 0x64,
    'f64.le': 0x65,
    'f64.ge': 0x66,
  }),
  ...ops('f32 -> f32', {
    'f32.abs': 0x8b,
    'f32.ceil': 0x8d,
    'f32.floor': 0x8e,
    'f32.trunc': 0x8f,
    'f32.nearest': 0x90,
    'f32.sqrt': 0x91,
  }),
  ...ops('f32 f32 -> f32', {
    'f32.add': 0x92,
    'f32.sub': 0x93,
    'f32.mul': 0x94,
    'f32.div': 0x95,
    'f32.min': 0x96,
    'f32.max': 0x97,
  }),
  ...ops('f64 -> f64', {
    'f64.abs': 0x99,
    'f64.ceil': 0x9b,
    'f64.floor': 0x9c,
    'f64.trunc': 0x9d,
    'f64.nearest': 0x9e,
    'f64.sqrt': 0x9f,
  }),
  ...ops('f64 f64 -> f64', {
    'f64.add': 0xa0,
    'f64.sub': 0xa1,
    'f64.mul': 0xa2,
    'f64.div': 0xa3,
    'f64.min': 0xa4,
    'f64.max': 0xa5,
  }),
  ...ops('i64 -> i32', { 'i32.wrap_i64': 0xa7 }),
  ...ops('i32 -> i64', { 'i64.extend_i32_s': 0xac }),
  ...ops('i32 -> f32', { 'f32.convert_i32_s': 0xb2, 'f32.reinterpret_i32': 0xbe }),
  ...ops('i64 -> f32', { 'f32.convert_i64_s': 0xb4 }),
  ...ops('f64 -> f32', { 'f32.demote_f64': 0xb6 }),
  ...ops('i32 -> f64', { 'f64.convert_i32_s': 0xb7 }),
  ...ops('i64 -> f64', { 'f64.convert_i64_s': 0xb9, 'f64.reinterpret_i64': 0xbf }),
  ...ops('f32 -> f64', { 'f64.promote_f32': 0xbb }),
  ...ops('f32 -> i32', { 'i32.reinterpret_f32': 0xbc, 'i32.trunc_sat_f32_s': 0xfc_0000 }),
  ...ops('f64 -> i32', { 'i32.trunc_sat_f64_s': 0xfc_0002 }),
  ...ops('f32 -> i64', { 'i64.trunc_sat_f32_s': 0xfc_0004 }),
  ...ops('f64 -> i64', { 'i64.reinterpret_f64': 0xbd, 'i64.trunc_sat_f64_s': 0xfc_0006 }),
  ...SIMD_PLAIN_OPS,
} as const;

export const MEMORY_OPS = {
  ...loads('i32', { 'i32.load': [0x28, 4], 'i32.load8_s': [0x2c, 1], 'i32.load8_u': [0x2d, 1] }),
  ...loads('i64', { 'i64.load': [0x29, 8] }),
  ...loads('f32', { 'f32.load': [0x2a, 4] }),
  ...loads('f64', { 'f64.load': [0x2b, 8] }),
  ...stores('i32', { 'i32.store': [0x36, 4], 'i32.store8': [0x3a, 1] }),
  ...stores('i64', { 'i64.store': [0x37, 8] }),
  ...stores('f32', { 'f32.store': [0x38, 4] }),
  ...stores('f64', { 'f64.store': [0x39, 8] }),
  ...SIMD_MEMORY_OPS,
} as const;

export const LANE_OPS = SIMD_LANE_OPS;
export const MEMORY_LANE_OPS = SIMD_MEMORY_LANE_OPS;

/** Instructions without immediates. */
export type PlainOp = keyof typeof PLAIN_OPS;
/** Loads and stores. */
export type MemoryOp = keyof typeof MEMORY_OPS;
/** Instructions with a lane number. */
export type LaneOp = keyof typeof LANE_OPS;
/** Loads of one lane. */
export type MemoryLaneOp = keyof typeof MEMORY_LANE_OPS;
export type WasmOp = PlainOp | MemoryOp | LaneOp | MemoryLaneOp;
